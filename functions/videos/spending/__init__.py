"""What versions cost, and the limits of spending."""
