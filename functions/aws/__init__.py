"""Adapters: what the domain asks of the world, answered by AWS."""
