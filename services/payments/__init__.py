"""Takes payments in, once each, and tells what it has. It matches nothing and calls no other service."""
