"""The rules of invoice_sync as pure functions and frozen values: no SQL, no network, no clock, no randomness."""
