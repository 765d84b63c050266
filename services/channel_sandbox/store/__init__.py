"""All SQL of the stand-in channels."""
