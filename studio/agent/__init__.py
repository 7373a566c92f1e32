"""What the agent understands, and what it says."""
