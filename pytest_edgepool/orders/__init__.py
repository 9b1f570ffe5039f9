"""What is asked for: purchase orders and the sheets they stand in."""
