"""Foreign media and pages: fetched, probed and opened."""
