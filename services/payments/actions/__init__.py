"""What happens in payments, a file for each noun: decided in domain/, written in store/, one transaction each."""
