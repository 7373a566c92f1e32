"""An HTTP client that connects to nothing but what may be read from, whatever a redirect says."""

import httpx

from studio.addresses import Reachable

MOST_REDIRECTS = 5
# A hostile name can have hundreds of addresses, each good for one connect timeout.
_MOST_ADDRESSES = 3
_TIMEOUT = httpx.Timeout(20, connect=10)
_AGENT = {"User-Agent": "Mozilla/5.0 (compatible; studio)", "Accept-Language": "en,*;q=0.5"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


def client(reachable: Reachable, direct: httpx.AsyncBaseTransport | None = None) -> httpx.AsyncClient:
    """`direct` connects to addresses, unless it is to be httpx's own transport."""
    # Kept connections are found by address alone: one made for another name must not be taken.
    direct = direct or httpx.AsyncHTTPTransport(limits=httpx.Limits(max_keepalive_connections=0))
    return httpx.AsyncClient(
        transport=_CheckedTransport(reachable, direct),
        timeout=_TIMEOUT,
        headers=_AGENT,
        follow_redirects=True,
        max_redirects=MOST_REDIRECTS,
    )


class _CheckedTransport(httpx.AsyncBaseTransport):
    """Checks the host of each request, redirects among them, and connects to the addresses it checked."""

    def __init__(self, reachable: Reachable, direct: httpx.AsyncBaseTransport) -> None:
        self._reachable = reachable
        self._direct = direct

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url
        if name.scheme not in _DEFAULT_PORTS:
            raise httpx.UnsupportedProtocol("only http and https addresses can")
        addresses = await self._reachable.addresses(name.host, name.port or _DEFAULT_PORTS[name.scheme])
        request.extensions["sni_hostname"] = name.host
        failure: httpx.ConnectError | httpx.ConnectTimeout | None = None
        try:
            for address in addresses[:_MOST_ADDRESSES]:
                request.url = name.copy_with(host=address)
                try:
                    return await self._direct.handle_async_request(request)
                except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                    failure = error
        finally:
            # A redirect's relative address is joined to it.
            request.url = name
        raise failure or httpx.ConnectError(f"{name.host} has no address")

    async def aclose(self) -> None:
        await self._direct.aclose()
