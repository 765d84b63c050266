"""What may become of an order, a refund, a callback; faults and whom they strike. Pure."""
