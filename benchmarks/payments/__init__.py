"""`make bench-payments`: intake by single calls and in batches, and payments in bulk, each against its rivals."""
