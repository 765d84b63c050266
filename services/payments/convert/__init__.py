"""Contract to domain and back, a file for each noun. It decides nothing, but refuses what the domain cannot say."""
