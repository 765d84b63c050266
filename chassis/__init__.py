"""What every service needs and none owns. No business word stands in here."""
