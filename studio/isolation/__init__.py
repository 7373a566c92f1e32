"""Foreign input is read in processes of their own, within bounds, each account in turn."""
