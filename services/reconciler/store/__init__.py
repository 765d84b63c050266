"""All SQL of the reconciler, a noun a file. It opens no transaction and decides nothing: the action does both."""
