"""Every SQL statement of the gateway, a file for each noun. Whoever calls holds the session and its transaction."""
