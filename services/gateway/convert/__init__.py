"""The gateway's own nouns as messages of the contract, and back; a file for each."""
