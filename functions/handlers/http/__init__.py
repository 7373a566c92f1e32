"""The HTTP API: its routes, its shapes, its errors."""
