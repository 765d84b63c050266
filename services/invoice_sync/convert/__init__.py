"""Between the contract's messages and the domain's values, a file for each noun. It decides and reads nothing."""
