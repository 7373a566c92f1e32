"""Videos, versions and drafts to begin a test with."""

from datetime import UTC, datetime, timedelta

from backend.draft import fingerprint
from tests.support.memory import MemoryStore
from videos.lifecycle.submit import video_id_for
from videos.model.batch import Batch
from videos.model.media import Drop, InboxFile, Media
from videos.model.records import Status, VersionRef
from videos.model.version import Delivered, Ended, Rendering, Reply, SendLock, SendOutcome, Timeline, Version
from videos.model.video import BackendSession, Uploaded, Video
from videos.requests.sources import Reached
from videos.steps.session import AddressChecks

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
REF = VersionRef(video_id=video_id_for("a sample"), version=1)
SESSION_ID = "7300000000000000001"
PHOTO = InboxFile(bucket="inbox", key="inbox/kettle.png", version_id="v1")
DROP = Drop(file=PHOTO, at=NOW)

CHECKS = AddressChecks(reachable=lambda _, url: Reached(url), allowed=lambda _, url: url)
"""Every URL is allowed, and answers."""

STATE = f"GET /api/state/nemo_agent/me/{SESSION_ID}/latest"
CREDITS = "GET /api/credits/balance/simple"
MESSAGE = "POST /run_sse"
NEW_RENDER = "POST /api/render/proxy/lambda"
RENDER = "GET /api/render/proxy/lambda/*"
CANCEL = "POST /api/render/proxy/lambda/*/cancel"
DOWNLOAD = "GET /api/render/proxy/*/download"

Draft = dict[str, object]


def a_video(*media: Media, name: str | None = None) -> Video:
    """A video made of a photo, or of other media, or of a file of that name."""
    named = (InboxFile(bucket="inbox", key=f"inbox/{name}"),) if name is not None else (PHOTO,)
    made_of = media or named
    return Video(
        video_id=REF.video_id,
        owner="inbox",
        source="inbox",
        media=made_of,
        instruction="Make it shine.",
        request_fingerprint="f",
        link_key="a key that no one else knows",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + timedelta(days=30),
        backend_session=BackendSession(session_id=SESSION_ID, user_id="user-7"),
        uploaded=Uploaded(at=NOW, session_id=SESSION_ID, media=made_of),
    )


def a_version(**parts: object) -> Version:
    """The first version of `a_video`, as far as it has come."""
    begun = {"video_id": REF.video_id, "number": 1, "instruction": "Make it shine.", "created_at": NOW}
    return Version.model_validate(begun | parts)


def a_store(video: Video | None = None, **parts: object) -> MemoryStore:
    """A store that knows one video with one version."""
    store = MemoryStore()
    store.create(video or a_video(), a_version(**parts))
    return store


def a_batch(**changes: object) -> Batch:
    """Return a batch that was just accepted."""
    file = InboxFile(bucket="inbox", key="inbox/spring/batch.csv", version_id="v1")
    accepted = {"batch_id": "bat-1", "owner": "inbox", "source": "inbox", "file": file, "secret": "5ec4e7"}
    dates = {"created_at": NOW, "expires_at": NOW + timedelta(days=30)}
    return Batch.model_validate({"fingerprint": ""} | accepted | dates | changes)


def nothing_is_superseded(_video: Video, _version: Version) -> None:
    """Stand in for the look whether what was dropped still counts."""


def draft(*tracks: int, milliseconds: int = 8000) -> Draft:
    """A draft with one segment on a track of each type."""
    return {"t": [{"tt": track, "sg": [{"s": 0, "d": milliseconds, "m": {"name": "x"}}]} for track in tracks]}


EMPTY: Draft = {}
RAW = draft(0)
DONE = draft(0, 1, 7)


def state_of(content: Draft) -> dict[str, object]:
    """The backend's answer when asked for a session whose draft is this."""
    return {"code": 0, "data": {"state": {"draft": content}}}


SENDING = SendLock(
    worker="worker-1",
    at=NOW,
    alive_until=NOW + timedelta(minutes=15),
    baseline=fingerprint(EMPTY),
    draft_before="{}",
    session_id=SESSION_ID,
)
TIMELINE = Timeline(
    fingerprint=fingerprint(DONE),
    summary="Timeline (3 tracks): …",
    duration_ms=8000,
    shortest_ms=8000,
    longest_ms=8000,
)
RENDERING = Rendering(
    render_id="render_1", draft=TIMELINE.fingerprint, attempt=1, asked_at=NOW, answered=True
)
DELIVERED = Delivered(
    bucket="videos",
    key=f"videos/{REF.video_id}/1/video.mp4",
    poster_key=f"videos/{REF.video_id}/1/poster.jpg",
    captions_key=f"videos/{REF.video_id}/1/captions.vtt",
    size=1_000_000,
    sha256="0" * 64,
    duration_ms=8000,
    width=1080,
    height=1920,
)

READY = Ended(status=Status.READY, at=NOW, message="The video is ready.")


def a_reply(
    outcome: SendOutcome = SendOutcome.ANSWERED, text: str = "", *, is_question: bool = False
) -> Reply:
    return Reply(outcome=outcome, at=NOW, text=text, is_question=is_question)
