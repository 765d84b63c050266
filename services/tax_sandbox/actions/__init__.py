"""What the stand-in authority does, one noun a file and one transaction an action."""
