"""Rule sets: from YAML that finance can read to the SQL that decides, for each engine."""
