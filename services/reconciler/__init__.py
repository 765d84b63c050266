"""Finds where the books and what the channels say disagree. It never changes a payment."""
