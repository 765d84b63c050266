"""What happens: one function, one transaction."""
