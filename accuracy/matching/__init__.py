"""How right matching is: books and statements whose truth is known, and one scorer for our engine and its rivals."""
