"""What people and services are told: events, webhooks, signed links, metrics."""
