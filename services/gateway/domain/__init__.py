"""What an API key is. Pure: randomness and the clock are arguments."""
