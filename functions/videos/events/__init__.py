"""What is sent to people and services: events, webhooks, signed links, metrics."""
