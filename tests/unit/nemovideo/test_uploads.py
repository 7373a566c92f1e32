import io

import pytest

from backend.errors import TokenExpiredError
from tests.support.backend import TOKEN, Backend, RenewingTokens
from tests.unit.nemovideo.calls import FILES, data, rejected, upload


def test_upload_url() -> None:
    backend = Backend(data(FILES))
    (file,) = backend.client.upload_url("s", "https://x.test/ü.mp4")
    assert file.url == "https://cdn.test/a"
    assert backend.sent_json() == {"urls": ["https://x.test/ü.mp4"], "source_type": "url"}


class Body(io.RawIOBase):
    """Like the body of an S3 object: it can be read, once, and nothing else."""

    def __init__(self, size: int) -> None:
        self._left = size
        self.largest_read = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        self.largest_read = max(self.largest_read, size if size >= 0 else self._left)
        chunk = b"x" * min(self._left, size)
        self._left -= len(chunk)
        return chunk


@pytest.mark.parametrize(
    ("filename", "sent"),
    [
        ("城市 naïve 🎬.mp4", "城市 naïve 🎬.mp4"),
        ('a"b\r\nX: y.mp4', "a%22b%0D%0AX: y.mp4"),
        ("half \ud83c.mp4", "half ?.mp4"),
    ],
)
def test_upload_streams_a_body_that_cannot_seek(filename: str, sent: str) -> None:
    size = 3_000_000
    content = Body(size)
    backend = Backend(data(FILES))

    backend.client.upload_file("s", filename, content, size=size, content_type="video/mp4")  # type: ignore[arg-type]

    (request,) = backend.requests
    (body,) = backend.bodies
    assert int(request.headers["Content-Length"]) == len(body)
    assert "Transfer-Encoding" not in request.headers
    head, _, rest = body.partition(b"\r\n\r\n")
    assert f'name="files"; filename="{sent}"\r\nContent-Type: video/mp4' in head.decode()
    assert rest.startswith(b"x" * size + b"\r\n--")
    assert content.largest_read <= 64 * 1024


def test_upload_starts_where_the_file_stands_and_again_there_after_a_renewal() -> None:
    content = io.BytesIO(b"skip12345")
    content.seek(4)
    backend = Backend(rejected(), data(FILES), tokens=RenewingTokens())

    upload(backend.client, content)

    assert all(b"\r\n\r\n12345\r\n" in body for body in backend.bodies)
    assert len(backend.bodies) == 2


def test_an_upload_that_cannot_be_read_again_asks_for_another_try() -> None:
    tokens = RenewingTokens()
    backend = Backend(rejected(), tokens=tokens)
    with pytest.raises(TokenExpiredError) as caught:
        upload(backend.client, Body(5))  # type: ignore[arg-type]
    assert caught.value.retryable
    assert tokens.rejected == [TOKEN]
    assert len(backend.requests) == 1
