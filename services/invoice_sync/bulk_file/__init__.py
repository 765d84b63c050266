"""Files of rows on their way in and out, each read or written by a process of its own. No row is judged here."""
