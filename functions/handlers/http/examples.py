"""Examples of the OpenAPI document: what each operation takes and returns, by its id."""

from http import HTTPStatus
from typing import Any, NamedTuple

from videos.model.failure_codes import FailureCode

Json = dict[str, Any]

ADDRESS = "https://api.example.com/live"
VIDEO_ID = "vid-3hqzk2m7xw5c4f6ty8n9p2ab"
BATCH_ID = "bat-4jr0m3n8yx6d5g7vz9q1s3bc"
UPLOAD_ID = "upl-0123456789abcdef01234567"
INSTRUCTION = "Make a calm 8 second video of this kettle."
PAGE = "https://shop.example/kettle"
SECONDS = 8.0
BEGIN, CHANGED = "2026-05-04T12:00:00Z", "2026-05-04T12:02:00Z"
_SIGNED = f"{ADDRESS}/watch/{VIDEO_ID}"
_QUERY = "expires=1780488000&signature=4d825fdbea6a1911"
_SELF = f"{ADDRESS}/v1/videos/{VIDEO_ID}"
_NO_FILES = dict.fromkeys(("watch", "video", "download", "poster", "captions", "editor"))
_FILES = {
    "watch": f"{_SIGNED}?{_QUERY}",
    "video": f"{_SIGNED}/video.mp4?version=1&{_QUERY}",
    "download": f"{_SIGNED}/video.mp4?version=1&download=1&{_QUERY}",
    "poster": f"{_SIGNED}/poster.jpg?version=1&{_QUERY}",
    "captions": f"{_SIGNED}/captions.vtt?version=1&{_QUERY}",
}
_TIMELINE = 'Timeline (2 tracks): 1. Video: kettle.png (0-8s) 2. Title: "Tidewater kettle" (0-3.2s)'

_QUEUED_VERSION: Json = {
    "version": 1,
    "instruction": INSTRUCTION,
    "status": "queued",
    "message": "The video waits to start.",
    "code": None,
    "created_at": BEGIN,
    "agent_says": None,
    "timeline": None,
    "changes": [],
    "duration_seconds": None,
    "size_bytes": None,
    "credits_used": None,
    "credits_final": False,
    "question": None,
    "exports": None,
    "video": None,
    "poster": None,
    "captions": None,
}
_READY_VERSION = _QUEUED_VERSION | {
    "status": "ready",
    "message": "The video is ready.",
    "agent_says": "Your 8-second video is ready.",
    "timeline": _TIMELINE,
    "duration_seconds": SECONDS,
    "size_bytes": 2_400_000,
    "credits_used": 10.0,
    "credits_final": True,
    **{name: _FILES[name] for name in ("video", "poster", "captions")},
}
QUEUED: Json = {
    "id": VIDEO_ID,
    "status": "queued",
    "stage": "queued",
    "progress": 0,
    "message": "The video waits to start.",
    "code": None,
    "advice": None,
    "source": PAGE,
    "media": [PAGE],
    "instruction": INSTRUCTION,
    "metadata": {"order": 1042},
    "agent_says": None,
    "timeline": None,
    "duration_seconds": None,
    "size_bytes": None,
    "credits_used": None,
    "created_at": BEGIN,
    "updated_at": BEGIN,
    "expires_at": "2026-06-03T12:00:00Z",
    "history": [{"at": BEGIN, "stage": "queued", "message": "The video waits to start."}],
    "waiting": [],
    "versions": [_QUEUED_VERSION],
    "question": None,
    "retry": None,
    "links": {"self": _SELF, **_NO_FILES},
}
READY = QUEUED | {
    "status": "ready",
    "stage": "ended",
    "progress": 100,
    "message": "The video is ready.",
    "agent_says": "Your 8-second video is ready.",
    "timeline": _TIMELINE,
    "duration_seconds": SECONDS,
    "size_bytes": 2_400_000,
    "credits_used": 10.0,
    "updated_at": CHANGED,
    "history": [*QUEUED["history"], {"at": CHANGED, "stage": "ended", "message": "The video is ready."}],
    "versions": [_READY_VERSION],
    "links": {"self": _SELF, **_FILES, "editor": "https://nemovideo.com/workspace/claim?ct=clm_example"},
}
_CANCELLED = {"status": "cancelled", "message": "Cancelled by its owner."}
CANCELLED = QUEUED | {
    **_CANCELLED,
    "stage": "ended",
    "updated_at": CHANGED,
    "history": [*QUEUED["history"], {"at": CHANGED, "stage": "ended", "message": "Cancelled by its owner."}],
    "versions": [_QUEUED_VERSION | _CANCELLED],
    "retry": {
        "way": "generate",
        "expected_credits": 10.0,
        "expected": "about 10 credits, from the last 8 videos",
    },
}
EDITED = READY | {
    "status": "queued",
    "stage": "queued",
    "progress": 0,
    "message": "The video waits to start.",
    "versions": [_READY_VERSION, _QUEUED_VERSION | {"version": 2, "instruction": "Make the title bigger"}],
}
EXPORTED = EDITED | {"versions": [_READY_VERSION, _QUEUED_VERSION | {"version": 2, "exports": 1}]}
_LISTED = ("id", "status", "progress", "message", "code", "source", "instruction", "created_at", "metadata")
_VIDEO_REQUEST: dict[str, Json] = {
    "page": {
        "instruction": INSTRUCTION,
        "url": PAGE,
        "duration_seconds": 8,
        "aspect_ratio": "9:16",
        "callback_url": "https://shop.example/hooks/videos",
        "metadata": {"order": 1042},
    },
    "upload": {"upload_ids": [UPLOAD_ID], "title": "Tidewater kettle", "language": "en"},
    "brand": {
        "url": PAGE,
        "brand": {"colors": ["#0a7d5a", "#ffd84d"], "font": "Open Sans", "call_to_action": "Order now"},
    },
}
_EDIT_REQUEST: dict[str, Json] = {"edit": {"instruction": "Make the title bigger"}}
_BATCH = {
    "id": BATCH_ID,
    "name": "batch.jsonl",
    "status": "working",
    "progress": 49,
    "message": "2 of 4 rows have ended.",
    "rows": 4,
    "counts": {"ready": 1, "rejected": 1, "open": 2},
    "created_at": BEGIN,
    "expires_at": "2026-06-03T12:00:00Z",
    "links": {"self": f"{ADDRESS}/v1/batches/{BATCH_ID}", "results": None},
}

REQUESTS: dict[str, dict[str, Json]] = {
    "createVideo": _VIDEO_REQUEST,
    "estimateVideo": _VIDEO_REQUEST,
    "createEdit": _EDIT_REQUEST,
    "createMessage": {
        "edit": {"text": "Make the title bigger"},
        "command": {"text": "How many credits are left?"},
    },
    "createUpload": {"picture": {"file_name": "kettle.png"}},
    "createBatch": {
        "rows": {"rows": [{"url": PAGE}, {"instruction": "A kettle", "title": "Quiet"}]},
        "upload": {"upload_id": UPLOAD_ID},
    },
}
_DELIVERY: Json = {
    "id": f"{VIDEO_ID}-1-ready",
    "video_id": VIDEO_ID,
    "type": "video.ended",
    "version": 1,
    "url": "https://hooks.shop.example/videos",
    "state": "given_up",
    "created_at": CHANGED,
    "next_attempt_at": None,
    "attempts": [{"at": CHANGED, "status_code": 410, "error": "The service wants no more webhooks."}],
}
RESPONSES: dict[str, dict[str, Json]] = {
    "createVideo": {"queued": QUEUED},
    "estimateVideo": {
        "estimate": {
            "credits": 10.0,
            "at_most": 14.0,
            "based_on": 8,
            "expected": "about 10 credits, from the last 8 videos",
            "available": 90.0,
            "allowed": True,
            "message": "The expected cost is about 10 credits, from the last 8 videos.",
            "budgets": [
                {
                    "of": "owner",
                    "period": "day",
                    "credits": 10_000.0,
                    "left": 9_990.0,
                    "allows": True,
                    "renews_at": "2026-05-05T00:00:00Z",
                }
            ],
        }
    },
    "listVideos": {
        "page": {
            "videos": [
                {name: READY[name] for name in _LISTED}
                | {"links": {"self": _SELF, **_FILES, "captions": None, "editor": None}}
            ],
            "cursor": None,
        }
    },
    "getVideo": {"queued": QUEUED, "ready": READY},
    "createEdit": {"queued": EDITED},
    "retryVideo": {"queued": QUEUED},
    "exportVideo": {"queued": EXPORTED},
    "cancelVideo": {"cancelled": CANCELLED},
    "createMessage": {
        "edit": {"done": "edit", "message": "Version 2 is being made.", "video": EDITED},
        "credits": {"done": "credits", "message": "90 credits are left, 0 are reserved.", "video": READY},
    },
    "createUpload": {
        "form": {
            "upload_id": UPLOAD_ID,
            "url": "https://inbox.example.com/",
            "fields": {"key": f"uploads/3f1c/{UPLOAD_ID}/kettle.png", "policy": "eyJleHBpcmF0aW9uIjog…"},
            "expires_at": "2026-05-04T12:15:00Z",
            "max_bytes": 500_000_000,
        }
    },
    "createBatch": {"queued": _BATCH | {"status": "queued", "progress": 0, "rows": None, "counts": {}}},
    "listBatches": {"page": {"batches": [_BATCH], "cursor": None}},
    "getBatch": {"working": _BATCH},
    "listDeliveries": {"webhooks": {"deliveries": [_DELIVERY]}},
    "redeliverWebhook": {
        "pending": _DELIVERY | {"state": "pending", "next_attempt_at": "2026-05-05T08:00:00Z"}
    },
    "getSpending": {
        "day": {
            "credits": 60.0,
            "days": [{"date": "2026-05-04", "credits": 60.0, "videos": 1, "edits": 1}],
            "budgets": [
                {
                    "of": "owner",
                    "period": "day",
                    "credits": 10_000.0,
                    "left": 9_940.0,
                    "renews_at": "2026-05-05T00:00:00Z",
                }
            ],
        }
    },
    "getCredits": {"balance": {"available": 90.0, "frozen": 10.0, "total": 100.0}},
}
PARAMETERS: dict[str, object] = {
    "Idempotency-Key": "order-1042",
    "If-None-Match": '"4d825fdbea6a19116a4b357a77acf319"',
    "batch_id": BATCH_ID,
    "cursor": "eyJpZCI6ICJ2aWQtM2hxemsybTd4dzVjNGY2dHk4bjlwMmFiIn0",
    "days": 1,
    "delivery_id": f"{VIDEO_ID}-1-ready",
    "limit": 20,
    "s3_key": "inbox/kettle.png",
    "status": "ready",
    "video_id": VIDEO_ID,
    "wait": 20,
}
_ENDED = {
    "schema_version": "2",
    "id": f"{VIDEO_ID}-1-ready",
    "at": CHANGED,
    "owner": "shop",
    "source": "api",
    "status": "ready",
    "name": "shop.example/kettle",
    "language": "en",
    "message": "The video is ready.",
    "type": "video.ended",
    "video_id": VIDEO_ID,
    "version": 1,
    "title": "Tidewater kettle",
    "instruction": INSTRUCTION,
    "code": None,
    "advice": None,
    "timeline": _TIMELINE,
    "changes": [],
    "agent_says": "Your 8-second video is ready.",
    "question": None,
    "credits_used": 10.0,
    "credits_left": 90.0,
    "duration_seconds": SECONDS,
    "width": 1080,
    "height": 1920,
    "links": {name: _FILES[name] for name in ("watch", "poster", "download", "captions")}
    | {"editor": None, "expires_at": "2026-06-03T12:00:00Z"},
    "edits_url": f"{_SELF}/edits",
    "change_url": None,
    "sources": [{"kind": "address", "name": "shop.example/kettle"}],
    "metadata": {"order": 1042},
    "batch": None,
}
WEBHOOKS: dict[str, Json] = {
    "video.started": {
        "type": "video.started",
        "timestamp": BEGIN,
        "data": {"video_id": VIDEO_ID, "version": 1, "metadata": {"order": 1042}},
    },
    "video.progress": {
        "type": "video.progress",
        "timestamp": "2026-05-04T12:01:00Z",
        "data": {
            "video_id": VIDEO_ID,
            "version": 1,
            "metadata": {"order": 1042},
            "stage": "rendering",
            "progress": 65,
        },
    },
    "video.ended": {"type": "video.ended", "timestamp": CHANGED, "data": _ENDED},
}


class ProblemExample(NamedTuple):
    """A type of problem, and what it says for example."""

    status: HTTPStatus
    detail: str
    field: str | None = None
    code: FailureCode | None = None


# By the last part of `type`.
PROBLEMS: dict[str, ProblemExample] = {
    "malformed-json": ProblemExample(
        HTTPStatus.BAD_REQUEST,
        "The body cannot be read: it is not JSON. Correct it, and send it again.",
        field="body",
    ),
    "malformed-request": ProblemExample(
        HTTPStatus.BAD_REQUEST,
        "The path or the query string is not UTF-8. Encode it with percent signs.",
    ),
    "bad-request": ProblemExample(HTTPStatus.BAD_REQUEST, "Bad Request"),
    "no-key": ProblemExample(
        HTTPStatus.UNAUTHORIZED, "Send your key in the header x-api-key. A key begins with nvp_."
    ),
    "unknown-key": ProblemExample(HTTPStatus.FORBIDDEN, "This key is unknown or was revoked."),
    "scope": ProblemExample(
        HTTPStatus.FORBIDDEN, "This key lacks the scope “write”. Ask for a key that has it."
    ),
    "not-found": ProblemExample(HTTPStatus.NOT_FOUND, "There is no such video, or it is not yours."),
    "busy": ProblemExample(
        HTTPStatus.CONFLICT, "A version is in progress. Wait until it ends, or cancel it first."
    ),
    "in-progress": ProblemExample(
        HTTPStatus.CONFLICT,
        "The first request with this Idempotency-Key is still being processed. Retry in a few seconds.",
    ),
    "not-possible": ProblemExample(
        HTTPStatus.CONFLICT, "The video is ready. Only a failed or cancelled video can be retried."
    ),
    "deleted": ProblemExample(
        HTTPStatus.GONE,
        "The video that this request made was deleted. To make it again, use a new Idempotency-Key.",
        field="Idempotency-Key",
    ),
    "too-large": ProblemExample(
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        "The body is too large. The limit is 100,000 characters. Send files with POST /v1/uploads.",
    ),
    "not-json": ProblemExample(
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON, with Content-Type: application/json."
    ),
    "invalid-request": ProblemExample(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "instuction: There is no field “instuction”. Did you mean “instruction”?",
        field="instuction",
    ),
    "refused": ProblemExample(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "kettle.png is empty. Upload a file with content.",
        code=FailureCode.EMPTY_FILE,
    ),
    "idempotency-key-reused": ProblemExample(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "This Idempotency-Key was used before, for another request. Use a new key for a new request.",
        field="Idempotency-Key",
    ),
    "throttled": ProblemExample(
        HTTPStatus.TOO_MANY_REQUESTS, "Too many requests. Try again in a few seconds."
    ),
    "internal": ProblemExample(
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "Something went wrong inside the pipeline. With an Idempotency-Key it is safe to retry.",
    ),
    "backend": ProblemExample(
        HTTPStatus.BAD_GATEWAY,
        "The video service could not be reached. Try again later.",
        code=FailureCode.BACKEND_UNAVAILABLE,
    ),
    "backend-busy": ProblemExample(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "The video service has too many requests. Try again later.",
        code=FailureCode.RATE_LIMITED,
    ),
    "overloaded": ProblemExample(
        HTTPStatus.SERVICE_UNAVAILABLE, "The service is busy. Retry in a few seconds."
    ),
    "timeout": ProblemExample(
        HTTPStatus.GATEWAY_TIMEOUT,
        "The request took too long. With an Idempotency-Key it is safe to retry.",
    ),
}
