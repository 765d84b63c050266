"""Plants every cause and compares what the diagnosis says. It never writes an answer into a database."""
