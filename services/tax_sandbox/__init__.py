"""A stand-in for a tax authority, for development, tests and integrators. It is never part of a real deployment."""
