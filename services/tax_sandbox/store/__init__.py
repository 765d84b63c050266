"""Every SQL statement of the stand-in authority, by noun. Nothing here opens a transaction or decides anything."""
