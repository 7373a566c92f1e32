"""The HTTP client for the backend: its own address is ours to trust, where it sends us for a video is not."""

import httpx

from nemovideo.exchange import BackendTransport
from safe_http.client import GuardedTransport
from safe_http.errors import UrlError
from safe_http.guard import Guard


def backend_client(base_url: str, guard: Guard) -> httpx.Client:
    """A client that reaches `base_url` wherever it is, and everything else as far as the guard allows."""
    origin = str(httpx.URL(base_url).copy_with(path="/")).rstrip("/")
    return httpx.Client(mounts={origin: BackendTransport()}, transport=_Elsewhere(guard))


class _Elsewhere(GuardedTransport):
    """A forbidden address is one that cannot be connected to, for a client that knows of no guard."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        try:
            return super().handle_request(request)
        except UrlError as error:
            raise httpx.ConnectError(str(error), request=request) from error
