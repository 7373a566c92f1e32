"""The HTTP API: routes, models and errors."""
