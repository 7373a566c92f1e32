from tests.unit.safe_http.conftest import guard, network

__all__ = ["guard", "network"]
