"""HTTP in: heads and sizes are checked, an action is called, its reply is written. Nothing here thinks."""
