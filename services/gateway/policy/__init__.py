"""The policy: its reviewed text, the table that is made of it, and who asks the table. No caller is identified here."""
