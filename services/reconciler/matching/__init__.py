"""What matching needs beside SQL: the shapes of its rows, its references, and the sums that SQL cannot search."""
