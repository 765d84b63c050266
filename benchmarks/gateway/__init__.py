"""What the HTTP door costs, against a plain chain of single calls and against payments called directly."""
