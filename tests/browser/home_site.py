"""The home page from its handler, and an API beside it that answers as it is told to.

Both lie below the name of a stage, as at API Gateway. Files are sent to another origin, which lets pages do
what the template lets them do.
"""

import asyncio
import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest
from PIL import Image, ImageDraw
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from handlers import wiring
from handlers.http import watch
from tests.browser.site import CONTEXT, at_two_origins
from tests.template.sam import properties
from videos.model.ports import UploadForm

STAGE = "/live"
KEY, OTHER_KEY = "nvp_of_the_shop", "nvp_of_another_shop"
SESSION, TOKEN = "nvs_of_somebody", "Vx3kQ0b8mR2tYw5nLz7pHc1dGf4jKs6aEu9iOq_T-Xy"
OWNERS = {KEY: "shop", OTHER_KEY: "another shop", SESSION: "shop"}
PROBLEM = "urn:nemo-video:problem:"

Json = dict[str, Any]
Fault = tuple[int, Json] | Literal["lost"]
"""A status with its problem; or “lost”: it was done, and the answer does not arrive."""


@dataclass
class Call:
    """One request to the API."""

    method: str
    path: str
    key: str | None
    repeat_key: str | None
    body: Json


@dataclass
class HomeSite:
    """What the page shows, and what it asked for. `faults` of “POST /v1/videos” come first, each once."""

    address: str
    uploads_origin: str
    videos: dict[str, Json] = field(default_factory=dict)
    batches: dict[str, Json] = field(default_factory=dict)
    days: list[Json] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    faults: dict[str, list[Fault]] = field(default_factory=dict)
    upload_faults: list[int] = field(default_factory=list)
    files: list[bytes] = field(default_factory=list)
    answered: dict[str, str] = field(default_factory=dict)
    deliveries: dict[str, list[Json]] = field(default_factory=dict)
    revoked: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=lambda: [TOKEN])
    index_lags: bool = False

    def add(self, status: str, *, owner: str = "shop", **changes: Any) -> Json:  # noqa: ANN401 - whatever a video has
        """Add a video, which is newer than all others."""
        number = len(self.videos) + 1
        video_id = f"vid-{number:04d}"
        video: Json = {
            "id": video_id,
            "owner": owner,
            "status": status,
            "progress": 0,
            "message": "Waiting to start.",
            "source": f"inbox/Kettle {number}.png",
            "instruction": f"Make teaser {number}.",
            "created_at": f"2026-11-{number // 24 + 1:02d}T{number % 24:02d}:00:00Z",
            "metadata": None,
            "links": {"self": f"https://api.example/v1/videos/{video_id}"},
        }
        self.videos[video_id] = video | changes
        if status == "ready":
            self.finish(video_id)
        return self.videos[video_id]

    def finish(self, video_id: str) -> None:
        """Make a video ready, with links to another address of the stack."""
        links = {
            name: f"https://videos.example/watch/{video_id}{file}?signature=s"
            for name, file in (("watch", ""), ("download", "/video.mp4"), ("poster", "/poster.jpg"))
        }
        self.videos[video_id] |= {
            "status": "ready",
            "progress": 100,
            "message": "It is ready.",
            "links": links,
        }

    def deliver(
        self, video_id: str, state: str, *, kind: str = "video.ended", error: str | None = None
    ) -> Json:
        """Add a webhook of a video, with one attempt, or none while it is pending and nothing failed."""
        known = self.deliveries.setdefault(video_id, [])
        at = "2026-11-01T10:00:00Z"
        attempt = {"at": at, "status_code": None if error else 200, "error": error}
        is_new = state == "pending" and error is None
        delivery = {
            "id": f"{video_id}-1-{kind.partition('.')[2]}",
            "video_id": video_id,
            "type": kind,
            "version": 1,
            "url": "https://hooks.shop.example/videos",
            "state": state,
            "created_at": at,
            "next_attempt_at": "2026-11-01T10:00:30Z" if state == "pending" else None,
            "attempts": [] if is_new else [attempt],
        }
        known.insert(0, delivery)
        return delivery

    def called(self, method: str, path: str) -> list[Call]:
        """The requests for a path."""
        return [call for call in self.calls if (call.method, call.path) == (method, path)]


@contextmanager
def home_site() -> Iterator[HomeSite]:
    """Serve the home page and its API."""
    sites: list[HomeSite] = []
    app = _app(lambda: sites[0])
    with at_two_origins(app) as (pages, files), pytest.MonkeyPatch.context() as patch:
        site = HomeSite(pages + STAGE, files)
        sites.append(site)
        patch.setenv("HOME_PAGE", "true")
        patch.setenv("MAILED_LINKS", "true")
        patch.setattr(wiring, "storage", lambda: _Buckets(files))
        patch.setattr(wiring, "inbox", lambda: _Buckets(files))
        yield site


class _Buckets:
    def __init__(self, origin: str) -> None:
        self._origin = origin

    def link(self, key: str, *, seconds: int) -> str:
        return f"{self._origin}/{key}?expires={seconds}"

    def upload_form(self, key: str, *, max_bytes: int, seconds: int) -> UploadForm:
        return UploadForm(
            url=f"{self._origin}/bucket", fields={"key": key, "policy": f"{max_bytes} {seconds}"}
        )


def _app(site: Any) -> Starlette:  # noqa: ANN401 - a function that returns the one site
    def home(_: Request) -> Response:
        answer = watch.handler({"httpMethod": "GET", "pathParameters": None}, CONTEXT)
        return Response(answer["body"], answer["statusCode"], answer["headers"])

    def poster(request: Request) -> Response:
        return Response(_poster(request.path_params["video_id"]), media_type="image/jpeg")

    async def api(request: Request) -> Response:
        return await _answer(site(), request)

    async def sign_in(request: Request) -> Response:
        return await _signed_in(site(), request)

    async def bucket(request: Request) -> Response:
        return await _stored(site(), request)

    return Starlette(
        routes=[
            Route(STAGE, home),
            Route(f"{STAGE}/", home),
            Route(f"{STAGE}/watch/{{video_id}}/poster.jpg", poster),
            Route(f"{STAGE}/v1/{{path:path}}", api, methods=["GET", "POST"]),
            Route(f"{STAGE}/sign-in/{{action}}", sign_in, methods=["POST"]),
            Route("/bucket", bucket, methods=["POST", "OPTIONS"]),
        ]
    )


async def _answer(site: HomeSite, request: Request) -> Response:
    body = await request.body()
    path = request.url.path.removeprefix(STAGE)
    key = request.headers.get("x-api-key")
    repeat_key = request.headers.get("idempotency-key")
    site.calls.append(Call(request.method, path, key, repeat_key, json.loads(body or b"{}")))
    owner = OWNERS.get(key or "")
    if owner is None or key in site.revoked:
        return JSONResponse({"Message": "User is not authorized to access this resource"}, 403)
    planned = site.faults.get(f"{request.method} {path}", [])
    fault = planned.pop(0) if planned else None
    if isinstance(fault, tuple):
        return JSONResponse(fault[1], fault[0])
    answer = _webhooks(site, site.calls[-1]) or await _known(site, request, site.calls[-1], owner)
    if fault == "lost":
        raise ConnectionError
    return answer


async def _signed_in(site: HomeSite, request: Request) -> Response:
    path, body = request.url.path.removeprefix(STAGE), json.loads(await request.body())
    site.calls.append(Call("POST", path, request.headers.get("x-api-key"), None, body))
    planned = site.faults.get(f"POST {path}", [])
    if planned:
        fault = planned.pop(0)
        assert isinstance(fault, tuple)
        return JSONResponse(fault[1], fault[0])
    match path.rpartition("/")[2]:
        case "link":
            return JSONResponse({"message": "If this address can sign in, a link was mailed to it."}, 202)
        case "end":
            site.revoked.add(body["key"])
            return Response(status_code=204)
    if body["token"] not in site.links:
        used = "This link was used before, or it has expired. Request a new one."
        return JSONResponse({"type": f"{PROBLEM}link", "detail": used}, 403)
    site.links.remove(body["token"])
    begun = {"key": SESSION, "owner": "shop", "expires_at": "2026-12-01T13:00:00Z"}
    return JSONResponse(begun, 201)


async def _known(site: HomeSite, request: Request, call: Call, owner: str) -> Response:
    answer: tuple[int, Json] = 404, {"type": f"{PROBLEM}not-found", "detail": "This does not exist."}
    match (call.method, call.path.removeprefix("/v1/").split("/")):
        case ("GET", ["videos", video_id]) if video_id in site.videos:
            return await _followed(site, request, video_id)
        case ("GET", ["videos"]):
            answer = 200, _page(site, request, owner)
        case ("GET", ["credits" | "spending" as name]):
            answer = 200, _account(site)[name]
        case ("GET", ["batches"]):
            answer = 200, _batches(site, request, owner)
        case ("GET", ["batches", batch_id]) if batch_id in site.batches:
            answer = 200, site.batches[batch_id]
        case ("POST", ["uploads"]):
            answer = 201, _form(site)
        case ("POST", ["videos", "estimate"]):
            answer = 200, _estimate()
        case ("POST", ["videos"]):
            answer = 202, _made(site, call, owner)
        case ("POST", ["batches"]):
            answer = 202, begun(site)
    return JSONResponse(answer[1], answer[0])


def _form(site: HomeSite) -> Json:
    upload_id = f"upl-{len(site.calls)}"
    fields = {"key": f"uploads/{upload_id}"}
    url = f"{site.uploads_origin}/bucket"
    return {"upload_id": upload_id, "url": url, "fields": fields, "max_bytes": 5_000_000}


def _page(site: HomeSite, request: Request, owner: str) -> Json:
    query = request.query_params
    wanted = [
        video
        for video in sorted(site.videos.values(), key=lambda video: str(video["created_at"]), reverse=True)
        if video["owner"] == owner and query.get("status", video["status"]) == video["status"]
    ]
    if site.index_lags:
        wanted = wanted[1:]
    first = int(query.get("cursor", "0"))
    end = first + int(query["limit"])
    return {"videos": wanted[first:end], "cursor": str(end) if end < len(wanted) else None}


def _batches(site: HomeSite, request: Request, owner: str) -> Json:
    query = request.query_params
    newest = [batch for batch in reversed(site.batches.values()) if batch["owner"] == owner]
    first = int(query.get("cursor", "0"))
    end = first + int(query["limit"])
    return {"batches": newest[first:end], "cursor": str(end) if end < len(newest) else None}


async def _followed(site: HomeSite, request: Request, video_id: str) -> Response:
    known = request.headers.get("if-none-match")
    for _ in range(int(request.query_params.get("wait", "0")) * 20):
        if _tag(site.videos[video_id]) != known or await request.is_disconnected():
            break
        await asyncio.sleep(0.05)
    tag = _tag(site.videos[video_id])
    if tag == known:
        return Response(status_code=304, headers={"ETag": tag})
    return JSONResponse(site.videos[video_id], headers={"ETag": tag})


def _tag(video: Json) -> str:
    return f'"{hashlib.sha256(json.dumps(video).encode()).hexdigest()[:16]}"'


def _estimate() -> Json:
    limit = {"of": "owner", "period": "day", "credits": 10000, "left": 9870, "allows": True}
    return {
        "credits": 10,
        "expected": "about 10 credits, from the last 8 videos",
        "available": 9980.5,
        "allowed": True,
        "message": "The expected cost is about 10 credits, from the last 8 videos.",
        "budgets": [limit | {"renews_at": "2026-12-02T00:00:00Z"}],
    }


def _account(site: HomeSite) -> Json:
    budget = {"of": "owner", "period": "day", "credits": 10000, "left": 9870}
    budgets = [budget | {"renews_at": "2026-12-02T00:00:00Z"}]
    spent = sum(day["credits"] for day in site.days)
    return {
        "credits": {"available": 9980.5, "frozen": 20, "total": 10000.5},
        "spending": {"credits": spent, "days": site.days, "budgets": budgets},
    }


def _webhooks(site: HomeSite, call: Call) -> Response | None:
    match (call.method, call.path.removeprefix("/v1/").split("/")):
        case ("GET", ["videos", video_id, "deliveries"]):
            return JSONResponse({"deliveries": site.deliveries.get(video_id, [])})
        case ("POST", ["videos", video_id, "deliveries", delivery_id, "redeliver"]):
            (delivery,) = (known for known in site.deliveries[video_id] if known["id"] == delivery_id)
            delivery |= {"state": "pending", "next_attempt_at": "2026-11-01T10:01:00Z"}
            return JSONResponse(delivery, 202)
    return None


def _made(site: HomeSite, call: Call, owner: str) -> Json:
    if call.repeat_key not in site.answered:
        sources = {"source": call.body.get("url") or "uploads/secret/upl-1/Shot.png"}
        made = site.add(
            "queued", owner=owner, instruction=call.body.get("instruction", "By default."), **sources
        )
        site.answered[str(call.repeat_key)] = made["id"]
    return site.videos[site.answered[str(call.repeat_key)]]


def begun(site: HomeSite, owner: str = "shop") -> Json:
    """A batch that was just begun, and is newer than all others."""
    number = len(site.batches) + 1
    batch_id = f"bat-{number}"
    site.batches[batch_id] = {
        "id": batch_id,
        "owner": owner,
        "created_at": f"2026-11-01T00:{number:02d}:00Z",
        "name": "spring.csv",
        "status": "working",
        "progress": 25,
        "message": "1 of 4 rows have ended.",
        "rows": 4,
        "counts": {"ready": 1, "open": 3},
        "links": {"self": "https://videos.example/v1/batches/bat-1", "results": None},
    }
    return site.batches[batch_id]


async def _stored(site: HomeSite, request: Request) -> Response:
    """A bucket, which lets pages of other sites do what the template says."""
    _, cors, _ = properties("InboxBucket")["CorsConfiguration"]["Fn::If"]
    (rule,) = cors["CorsRules"]
    allowed = {
        "Access-Control-Allow-Origin": ", ".join(rule["AllowedOrigins"]),
        "Access-Control-Allow-Methods": ", ".join(rule["AllowedMethods"]),
    }
    if request.method == "OPTIONS":
        return Response(status_code=200, headers=allowed)
    if site.upload_faults:
        return Response("<Error/>", site.upload_faults.pop(0), headers=allowed)
    site.files.append(await request.body())
    return Response(status_code=204, headers=allowed)


def _poster(video_id: str) -> bytes:
    """A picture of its own for each video."""
    hue = int(hashlib.sha256(video_id.encode()).hexdigest()[:2], 16)
    upright = hue % 3 == 0
    picture = Image.new("HSV", (270, 480) if upright else (480, 270), (hue, 110, 120))
    ImageDraw.Draw(picture).ellipse((90, 70, 190, 170), fill=((hue + 128) % 256, 150, 220))
    body = io.BytesIO()
    picture.convert("RGB").save(body, "JPEG")
    return body.getvalue()
