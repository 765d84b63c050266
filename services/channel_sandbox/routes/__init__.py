"""HTTP in: each dialect, the steering, the edge that they share."""
