"""How fast the outbox is, against queues that others wrote, the least that any queue does, and the plain way."""
