"""HTTP requests that wait until something hangs. Alone, httpx gives up after five seconds.

All share one client, because a new one reads all certificates. That takes longer than most requests here.
Each request has a connection of its own: a server may have been restarted since the last one.
"""

import httpx

from tests.support.waiting import HUNG_SECONDS

_CLIENT = httpx.Client(timeout=HUNG_SECONDS, limits=httpx.Limits(max_keepalive_connections=0))

get = _CLIENT.get
head = _CLIENT.head
options = _CLIENT.options
post = _CLIENT.post
request = _CLIENT.request
