"""The `bihuan` command: one file for a group of commands. It talks to the gateway and to no other service."""
