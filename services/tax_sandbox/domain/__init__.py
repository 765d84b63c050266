"""The rules of the stand-in authority: what a document must be, which fault falls on whom, what the book says."""
