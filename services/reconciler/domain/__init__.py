"""The rules of reconciliation: pure functions and frozen values."""
