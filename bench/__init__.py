"""What measures speed, cost and memory. Each module is a command that prints its own table."""
