"""`make demo`: a seeded day in the channels' true layout, played through the real system, and what came of it."""
