"""What was dropped, and what becomes of it."""
