"""The page on which people see and make their videos with an API key."""
