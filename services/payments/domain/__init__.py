"""The rules of the payments service, as pure functions and frozen values. No clock, no SQL, no wire."""
