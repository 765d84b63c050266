"""What happens in invoice_sync, a file for each noun: decided in domain/, written in store/, one transaction each."""
