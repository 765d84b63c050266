"""Reading large statement files, against a scan of the same rows and against the standard csv module."""
