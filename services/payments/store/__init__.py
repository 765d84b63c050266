"""Every SQL statement of payments, a file for each noun. Whoever calls holds the session and its transaction."""
