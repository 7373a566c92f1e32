"""HTTP requests that wait until something hangs. Alone, httpx gives up after five seconds."""

from functools import partial

import httpx

from tests.support.waiting import HUNG_SECONDS

get = partial(httpx.get, timeout=HUNG_SECONDS)
head = partial(httpx.head, timeout=HUNG_SECONDS)
options = partial(httpx.options, timeout=HUNG_SECONDS)
post = partial(httpx.post, timeout=HUNG_SECONDS)
request = partial(httpx.request, timeout=HUNG_SECONDS)
