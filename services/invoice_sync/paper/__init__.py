"""What carries an invoice to people: the PDF copy, the places of the archive, mail. It decides nothing."""
