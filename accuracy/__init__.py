"""How right the product's judgements are, measured on the real parts. No service imports anything here."""
