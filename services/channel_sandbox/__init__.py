"""A stand-in for payment channels, for development, tests and integrators. It is never part of a real deployment."""
