"""How fast it is, always against something named in the same run. One file a table; results beside it."""
