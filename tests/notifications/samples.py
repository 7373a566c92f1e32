"""One announcement of each kind that can go out, as the pipeline makes them."""

import json
from datetime import UTC, datetime, timedelta
from typing import get_args

from backend.errors import (
    AgentError,
    BackendError,
    ExportBlockedError,
    FileTooLargeError,
    NemoVideoError,
    OutOfCreditsError,
    RateLimitedError,
    ServerError,
    SessionNotFoundError,
    TokenExpiredError,
    UnexpectedAnswerError,
    UnsupportedFileError,
)
from backend.languages import Code
from notifications.mail import Mail
from notifications.sign_in import sign_in_mail
from videos.events.announcements import Announcement, BatchEnded, end_of, progress_of
from videos.events.signed_links import sign_in_url
from videos.inbox.edit_notes import (
    EmptyNoteError,
    ImpossibleEditError,
    NoteTooLongError,
    NothingToChangeError,
    UnreadableNoteError,
)
from videos.model.errors import (
    INTERNAL,
    INTERRUPTED,
    CommandError,
    DeliveryError,
    FileGoneError,
    GenerationError,
    NoResultError,
    NothingToExportError,
    OverBudgetError,
    RefusedError,
    RenderError,
    UnsupportedDraftError,
    problem_of,
)
from videos.model.media import InboxFile, Media, WebAddress
from videos.model.media_types import format_of
from videos.model.records import Problem, Stage, Status
from videos.model.version import (
    Cost,
    Delivered,
    Editor,
    Ended,
    Reply,
    SendLock,
    SendOutcome,
    Timeline,
    Version,
)
from videos.model.video import Video

URL = "https://videos.example.com"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
VIDEO_ID = "vid-3hqzk2m7xw5c4f6ty8n9p2ab"
KETTLE = InboxFile(bucket="shop-inbox", key="inbox/tidewater-kettle.png", version_id="v1")
INSTRUCTION = "Make a calm 8 second video of this kettle."
SUMMARY = (
    "Timeline (3 tracks): 1. Video: tidewater-kettle.png (0-8s) 2. BGM: Lo-fi (0-8s, 35%) "
    '3. Title: "Tidewater kettle" (0-3.2s)'
)
MEGABYTE = 1024 * 1024
OUT_OF_CREDITS = problem_of(
    OutOfCreditsError("There are no credits left for another video."),
    registration_link="https://nemovideo.com/register?bind=user-7",
)


DRAFT: dict[str, object] = {
    "t": [
        {"tt": 0, "sg": [{"d": 8000, "m": {"name": "tidewater-kettle.png"}}]},
        {"tt": 7, "sg": [{"d": 3200, "m": {"text": "Tidewater kettle"}}]},
    ]
}
IN_LANGUAGES = {
    "german": ("Mach ein ruhiges Video von diesem Kessel.", "Ihr Video ist fertig."),
    "french": ("Fais une vidéo calme de cette bouilloire.", "Votre vidéo est prête."),
    "spanish": ("Haz un vídeo tranquilo de esta tetera.", "Su vídeo está listo."),
    "chinese": ("用这张图片制作一个8秒的视频", "您的视频已完成。\n未能完成：右上角的标志。"),  # noqa: RUF001 - Chinese
    "japanese": ("このやかんの8秒の動画を作ってください。", "動画ができました。"),
}


def sign_in_mails() -> dict[str, Mail]:
    """The mail with a link for signing in, in each language."""
    codes: tuple[Code, ...] = get_args(Code)
    url = sign_in_url(URL, "Vx3kQ0b8mR2tYw5nLz7pHc1dGf4jKs6aEu9iOq_T-Xy")
    return {f"sign-in-{code}": sign_in_mail("shop", url, code) for code in codes}


def announcements() -> dict[str, Announcement]:
    """All of them, by name."""
    return {
        "ready": _ready(),
        "ready-version-2": _ready_version_2(),
        "ready-vertical-from-page": _ready_from_page(),
        "ready-not-all-done": _ready_not_all_done(),
        **{f"ready-{language}": _ready_in(*words) for language, words in IN_LANGUAGES.items()},
        "needs-answer": _needs_answer(),
        "needs-answer-japanese": _needs_answer(
            "やかんの動画を作ってください。", "どちらの商品を使いますか。"
        ),
        "cancelled": _cancelled(),
        **{f"failed-{problem.code}": _failed(problem) for problem in problems()},
        "progress-started": _progress(Stage.INSPECTING, "Checking the input."),
        "progress-still-working": _progress(Stage.GENERATING, "Still working… (4 min)"),
        "progress-rendering": _progress(Stage.RENDERING, "Rendering."),
        "batch": _batch({Status.READY: 200}),
        "batch-with-failures": _batch(
            {Status.READY: 193, Status.FAILED: 4, Status.NEEDS_ANSWER: 1}, rejected=2
        ),
        "batch-on-the-home-page": _batch({Status.READY: 200}, page_url=BATCH_PAGE),
        **{f"batch-{code}": _batch_in(code) for code in ("de", "fr", "es", "zh", "ja")},
        "batch-refused": _batch(
            {},
            rejected=1,
            is_read=False,
            message="The batch was refused: there are no rows in the file.",
        ),
        "failed-in-german": _failed(OUT_OF_CREDITS, instruction="Mach ein ruhiges Video von diesem Kessel."),
        "progress-in-french": _progress(Stage.RENDERING, "Rendering.", "Fais une vidéo avec un titre."),
        "hostile-ready": _hostile_ready(),
        "hostile-failed": _failed(problems()[0], media=(_hostile_file(),), instruction=HOSTILE_TEXT),
    }


HOSTILE_NAME = "<!channel> *sale* <b>50 % \u202egnp.tpircs\r\nBcc: all@example.com.png"
HOSTILE_TEXT = (
    '"><img src=x onerror=alert(1)> <@U123> <https://evil.example|Watch> {{ 7*7 }} & `rm -rf` '
    "مرحبا بالعالم 你好 👩‍💻 \x00\x1b[31m\u2066hidden\u2069\nWatch: https://evil.example\n"
    + "very long "
    * 490
)


BATCH_PAGE = f"{URL}/#batch=bat-7k2m"


def problems() -> list[Problem]:
    """Every reason for which a video can fail."""
    refused = [
        _refusal("holiday.png", 0, b""),
        _refusal("race.mov", 612 * MEGABYTE, b""),
        _refusal("offer.pdf", MEGABYTE, b"%PDF-1.7"),
        FileGoneError(
            "“tidewater-kettle.png” is no longer in the inbox.",
            advice="Drop it again, and leave it there for as long as the video may be changed.",
        ).problem,
        OverBudgetError(
            "The budget of 1,000 credits a day is used up.",
            advice="Retry when the limit renews, on 5 May 2026 at 00:00 UTC,"
            " or ask the operator to raise the limit (CreditsPerDay).",
        ).problem,
        ImpossibleEditError(
            "“kettle.png.edit.txt” changes nothing."
            " 10 edits are already waiting. Drop it again when one of them has ended.",
            advice="Drop “kettle.png” itself again, with all that you want.",
        ).problem,
        NothingToChangeError(
            "There is no video made of “kettle.png” that “kettle.png.edit.txt” could change.",
            advice="Drop “kettle.png” in the same folder first,"
            " or check the name of the note: <file>.edit.txt.",
        ).problem,
        *(
            kind(
                f"“kettle.png.edit.txt” {fault}.",
                advice="Drop it again as plain text (UTF-8), with one sentence that says what to change.",
            ).problem
            for kind, fault in (
                (EmptyNoteError, "is empty: it does not say what to change"),
                (UnreadableNoteError, "is not plain text"),
                (NoteTooLongError, "is too long: an instruction has at most 5,000 characters"),
            )
        ),
    ]
    generation = [
        NoResultError(
            "The video service accepted the request but produced no video.",
            advice="Rephrase the instruction.",
        ).problem,
        NothingToExportError("The timeline is empty.", advice="Say more.").problem,
        UnsupportedDraftError("The timeline has a new format.", advice="Open it.").problem,
        CommandError("“export” asks for an export.", advice="Say what to show.").problem,
        GenerationError(
            "The agent made nothing that can be exported.", advice="Rephrase the instruction."
        ).problem,
    ]
    later = [
        RenderError(
            "The render failed 2 times. The last reason: out of memory.",
            advice="Export it again: that is free. If it fails again, change the video.",
        ).problem,
        DeliveryError(
            "The video service delivered a file that is not the finished video: it is empty.",
            advice="Export it again: that is free. If it fails again, the video service has a fault.",
        ).problem,
        RefusedError("It cannot be used.", advice="Submit something else.").problem,
        INTERNAL,
        INTERRUPTED,
    ]
    link = "https://nemovideo.com/register?bind=user-7"
    backend: list[NemoVideoError] = [
        OutOfCreditsError("There are no credits left for another video."),
        ExportBlockedError("Export is not part of this plan."),
        UnsupportedFileError("The file type is not supported."),
        FileTooLargeError("The file is too large."),
        TokenExpiredError("The video service rejected the token in Secrets Manager."),
        SessionNotFoundError("The session is not known."),
        RateLimitedError("Too many requests.", retry_after=30),
        AgentError("The agent met an error."),
        ServerError("HTTP 502"),
        UnexpectedAnswerError("HTML instead of JSON"),
        BackendError("The video service said no (code 4711)."),
    ]
    found = [*refused, *generation, *later, *(problem_of(error, registration_link=link) for error in backend)]
    return list({problem.code: problem for problem in found}.values())


def _refusal(name: str, size: int, head: bytes) -> Problem:
    try:
        format_of(name, size, head)
    except RefusedError as error:
        return error.problem
    raise AssertionError(f"{name} was not refused")


def _video(*media: Media, version: int = 1) -> Video:
    return Video(
        video_id=VIDEO_ID,
        owner="shop",
        source="inbox",
        media=media or (KETTLE,),
        instruction=INSTRUCTION,
        request_fingerprint="f",
        link_key="a key that no one else knows",
        created_at=NOW,
        updated_at=NOW,
        expires_at=NOW + timedelta(days=30),
        version=version,
    )


def _version(status: Status, message: str, *, number: int = 1, **parts: object) -> Version:
    begun = {
        "video_id": VIDEO_ID,
        "number": number,
        "instruction": INSTRUCTION,
        "created_at": NOW,
        "send_lock": SendLock(worker="w", at=NOW, alive_until=NOW, baseline="b", draft_before="{}"),
        "cost": Cost(credits=10, available=90) if "timeline" in parts else None,
        "ended": {"status": status, "at": NOW + timedelta(minutes=2), "message": message},
    }
    return Version.model_validate(begun | parts)


def _timeline(summary: str = SUMMARY, *changes: str, draft: dict[str, object] | None = None) -> Timeline:
    return Timeline(
        fingerprint="t", summary=summary, draft=json.dumps(draft or {}), duration_ms=8000, changes=changes
    )


def _delivered(number: int = 1, width: int = 1920, height: int = 1080, milliseconds: int = 8000) -> Delivered:
    folder = f"videos/{VIDEO_ID}/{number}"
    return Delivered(
        bucket="shop-videos",
        key=f"{folder}/video.mp4",
        poster_key=f"{folder}/poster.jpg",
        captions_key=f"{folder}/captions.vtt" if number == 1 else None,
        size=1_200_000,
        sha256="0" * 64,
        duration_ms=milliseconds,
        width=width,
        height=height,
    )


def _reply(text: str) -> Reply:
    return Reply(outcome=SendOutcome.ANSWERED, at=NOW, text=text)


def _ready() -> Announcement:
    said = "Your 8-second video is ready. Click the Export button to download it."
    version = _version(
        Status.READY,
        "The video is ready.",
        timeline=_timeline(draft=DRAFT),
        delivered=_delivered(),
        reply=_reply(said),
        editor=Editor(link="https://nemovideo.com/workspace/claim?ct=clm_example", expires_at=NOW),
    )
    return end_of(_video(), version, URL, change_days=7)


def _ready_version_2() -> Announcement:
    changes = ("Video shortened from 8s to 6s", "BGM removed: Lo-fi")
    version = _version(
        Status.READY,
        "The video is ready.",
        number=2,
        instruction="Make it shorter, without music.",
        timeline=_timeline("Timeline (1 track): 1. Video: tidewater-kettle.png (0-6s)", *changes),
        delivered=_delivered(2, milliseconds=6000),
    )
    return end_of(_video(version=2), version, URL)


def _ready_in(instruction: str, said: str) -> Announcement:
    version = _version(
        Status.READY,
        "The video is ready.",
        instruction=instruction,
        timeline=_timeline(draft=DRAFT),
        delivered=_delivered(),
        reply=_reply(said),
    )
    return end_of(_video(), version, URL, change_days=7)


def _ready_not_all_done() -> Announcement:
    said = "Your 8-second video is ready.\nNot done: a logo top right, the format 3:1."
    return _ready_in("Make a video with our logo top right, in 3:1.", said)


def _ready_from_page() -> Announcement:
    page = WebAddress(url="https://shop.example/kettles/tidewater?ref=spring")
    version = _version(
        Status.READY,
        "The video is ready.",
        instruction="Generate a short promotional video from this webpage content.",
        timeline=_timeline("Timeline (1 track): 1. Video: page tour (0-75s)"),
        delivered=_delivered(1, 1080, 1920, 75_000),
    )
    return end_of(_video(page), version, URL)


def _needs_answer(
    instruction: str = INSTRUCTION,
    question: str = "Which of the two products shall the video show: the kettle or the teapot?",
) -> Announcement:
    version = _version(Status.NEEDS_ANSWER, question, instruction=instruction, reply=_reply(question))
    return end_of(_video(), version, URL, change_days=7)


def _cancelled() -> Announcement:
    return end_of(_video(), _version(Status.CANCELLED, "Cancelled on request.", send_lock=None), URL)


def _failed(problem: Problem, media: tuple[Media, ...] = (), instruction: str = INSTRUCTION) -> Announcement:
    cost = Cost(credits=0, available=100, final=True)
    version = _version(Status.FAILED, problem.message, problem=problem, instruction=instruction, cost=cost)
    ended = Ended(status=Status.FAILED, at=NOW, message=problem.message)
    return end_of(_video(*media), version.model_copy(update={"ended": ended}), URL)


def _progress(stage: Stage, message: str, instruction: str = INSTRUCTION) -> Announcement:
    video = _video().model_copy(update={"instruction": instruction})
    return progress_of(video, stage, message).model_copy(update={"at": NOW})


def _batch(counts: dict[Status, int], rejected: int = 0, **changes: object) -> Announcement:
    batch = BatchEnded(
        id="bat-7k2m-ended",
        at=NOW,
        owner="shop",
        source="inbox",
        status=Status.READY if set(counts) == {Status.READY} else Status.FAILED,
        name="spring/batch.csv",
        message=f"All {sum(counts.values()) + rejected} rows have ended.",
        batch_id="bat-7k2m",
        counts=counts,
        rejected=rejected,
        results=f"{URL}/v1/batches/bat-7k2m",
        results_file="results.csv",
    )
    return batch.model_copy(update=changes)


def _batch_in(language: str) -> Announcement:
    counts = {Status.READY: 193, Status.FAILED: 4, Status.NEEDS_ANSWER: 1}
    return _batch(counts, rejected=2, language=language, page_url=BATCH_PAGE)


def _hostile_file() -> InboxFile:
    return InboxFile(bucket="shop-inbox", key=f"inbox/{HOSTILE_NAME}")


def _hostile_ready() -> Announcement:
    version = _version(
        Status.READY,
        "The video is ready.",
        instruction=HOSTILE_TEXT,
        timeline=_timeline(f'Timeline (1 track): 1. Title: "{HOSTILE_NAME}" (0-8s)'),
        delivered=_delivered(),
        reply=_reply("I set the title to <!channel>."),
    )
    return end_of(_video(_hostile_file()), version, URL)
