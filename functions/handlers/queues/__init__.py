"""Workers: each reads one queue."""
