"""Two origins on this machine, as in production: one answers with pages, the other one with signed files."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlencode

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Route

from handlers import wiring
from handlers.http import change, watch
from videos.events.signed_links import watch_url
from videos.model.errors import VideoNotFoundError
from videos.model.ports import Method
from videos.model.version import Version
from videos.model.video import Video

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

CONTEXT = cast(
    "LambdaContext",
    SimpleNamespace(
        function_name="watch",
        memory_limit_in_mb=256,
        invoked_function_arn="arn:aws:lambda:eu-central-1:123456789012:function:watch",
        aws_request_id="8f5b6a70-0000-4000-8000-000000000000",
    ),
)


@dataclass(frozen=True)
class Site:
    """What visitors reach; `files` is the folder of stored files."""

    page_origin: str
    file_origin: str
    files: Path
    videos: Mapping[str, tuple[Video, list[Version]]]

    def link(self, video_id: str) -> str:
        """The link that was mailed."""
        return watch_url(self.page_origin, self.videos[video_id][0])


class _Store:
    def __init__(self, videos: Mapping[str, tuple[Video, list[Version]]]) -> None:
        self._videos = videos

    def video(self, video_id: str) -> Video:
        if video_id not in self._videos:
            raise VideoNotFoundError(video_id)
        return self._videos[video_id][0]

    def deleted(self, _video_id: str) -> None:
        return None

    def versions(self, video_id: str) -> list[Version]:
        return self._videos[video_id][1]


class SignedFiles:
    """Stored files, and links to them at another origin than the pages."""

    def __init__(self, origin: str, files: Path) -> None:
        self._origin = origin
        self._files = files

    def read(self, key: str) -> bytes:
        """Return a file."""
        return (self._files / key).read_bytes()

    def link(self, key: str, *, seconds: int, download_as: str | None = None, method: Method = "GET") -> str:
        """Return a link to a file."""
        assert method == "GET", "a browser asks for nothing else"
        query = {"seconds": str(seconds), **({"download_as": download_as} if download_as else {})}
        return f"{self._origin}/files/{quote(key)}?{urlencode(query)}"


@contextmanager
def site_of(videos: Mapping[str, tuple[Video, list[Version]]], files: Path) -> Iterator[Site]:
    """Serve the watch page of these videos, whose files stand in a folder under their keys."""
    with serving(files) as (pages, signed), pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHANGE_LINKS", "true")
        patch.setattr(wiring, "store", lambda: _Store(videos))
        patch.setattr(wiring, "storage", lambda: SignedFiles(signed, files))
        yield Site(pages, signed, files, videos)


@contextmanager
def serving(files: Path) -> Iterator[tuple[str, str]]:
    """Serve the pages and the files; yields both origins."""
    with at_two_origins(_app(files)) as origins:
        yield origins


@contextmanager
def at_two_origins(app: Starlette) -> Iterator[tuple[str, str]]:
    """Serve an application at two origins; yields both."""
    with _listening() as pages, _listening() as signed:
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, ws="none"))
        thread = Thread(target=server.run, kwargs={"sockets": [pages, signed]})
        thread.start()
        try:
            yield _origin(pages), _origin(signed)
        finally:
            server.should_exit = True
            thread.join()


def _app(files: Path) -> Starlette:
    def page(request: Request) -> Response:
        answer = watch.handler(_event(request, ""), CONTEXT)
        return Response(answer["body"], answer["statusCode"], answer["headers"])

    def act(request: Request, body: str) -> Response:
        answer = change.handler(_event(request, body), CONTEXT)
        headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
        return Response(answer["body"], answer["statusCode"], headers)

    async def acted(request: Request) -> Response:
        body = (await request.body()).decode()
        return await run_in_threadpool(act, request, body)

    def file(request: Request) -> Response:
        return FileResponse(
            files / request.path_params["key"], filename=request.query_params.get("download_as")
        )

    return Starlette(
        routes=[
            Route("/watch/{video_id}", page),
            Route("/watch/{video_id}/{file}", page),
            Route("/watch/{video_id}/{file}", acted, methods=["POST"]),
            Route("/files/{key:path}", file),
        ]
    )


def _event(request: Request, body: str) -> dict[str, Any]:
    query = request.query_params
    return {
        "httpMethod": request.method,
        "path": request.url.path,
        "headers": dict(request.headers),
        "multiValueHeaders": {name: [value] for name, value in request.headers.items()},
        "pathParameters": dict(request.path_params),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": {name: query.getlist(name) for name in query} or None,
        "requestContext": {"requestId": "request-1", "httpMethod": request.method, "stage": "live"},
        "body": body or None,
    }


def _listening() -> socket.socket:
    return socket.create_server(("127.0.0.1", 0))


def _origin(server: socket.socket) -> str:
    return f"http://127.0.0.1:{server.getsockname()[1]}"
