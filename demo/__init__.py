"""The demo: a made-up day of payments and statements, and what shows the system at work on it."""
