"""Every SQL statement of invoice_sync, a file for each noun. Whoever calls holds the session and its transaction.

Where more than one row is locked, the order is payment_follow, outbox, invoice; so that no two wait for each other.
"""
