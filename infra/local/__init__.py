"""The embedded cloud: the very same template on one machine, permissions enforced, no account."""
