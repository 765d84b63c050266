"""Matching of a whole day, against a bare join of the same rows and against rivals."""
