"""What the stand-in authority does, one transaction each: invoice.py for the protocol, steering.py for the tests."""
