"""What may be asked for, and of which files: one set of rules for every door."""
