"""How the backend may behave, each way by its name, and the end that is promised.

`tests/faults/test_faults.py` plays some of them in front of the deployed pipeline, and
`tests/unit/videos/steps/test_scenarios.py` plays all in front of the real client and use cases, on a clock of
their own.
"""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import chain, count, repeat

from tests.faults.ledger_gate import Guard, killing_after, killing_before, open_to_all, throttling
from tests.support.scripted_backend.answers import (
    answers_with_json,
    answers_with_status,
    breaks_off,
    compressed,
    cut,
    kills_the_listener,
    kills_when_read,
    never_answers,
    never_closes,
    only_beats,
    raw,
    redirects,
    refuses,
    reports_an_error,
    reports_an_error_instead,
    resets,
    resets_at_half,
    says,
    says_nothing,
    serves,
    serves_in_chunks,
    streams,
    tells_status,
    truncated,
    truncated_unnoticed,
    web_page,
)
from tests.support.scripted_backend.clip import SECONDS
from tests.support.scripted_backend.raw import Json
from tests.support.scripted_backend.server import Answer, Script
from videos.model.records import Status

DONE = says("Your video is on the timeline.")

NO_RESULT = ("produced no video", "Retry to try again. A retry is a new generation and uses credits.")
NOT_THE_VIDEO = ("Export it again: that is free. If it fails again, the video service has a fault.",)
NO_SENSE = ("The video service sent an invalid response.",)
OVERLOADED = ("The model is overloaded.", "Rephrase the instruction, or try again later.")
BAD_GATEWAY = ("The video service had an internal error.", "Try again in a few minutes.")
BROKE_OFF = ("The connection to the video service broke.", "Try again in a few minutes.")
REGISTER = ("2001", "Register to get more credits: https://nemovideo.com/register?bind=user-7")
UPGRADE = ("Register or upgrade your plan to unlock export.",)
RENDER_FAILED = (
    "The render failed 2 times. The last reason: the encoder crashed.",
    "Export it again: that is free. If it fails again, change the video.",
)


class Act(Enum):
    """What the owner asks for."""

    EXPORT = auto()
    ASK_FOR_THE_FILE = auto()
    """Says so in a message: "send me the video"."""
    RETRY = auto()


@dataclass(frozen=True)
class Scenario:
    """What the backend does, and the end that is promised.

    Attributes:
        script: Makes what the backend plays.
        ends: How the version ends.
        words: Words that the announcement holds: what happened, and what to do next.
        posts: How often the instruction was posted, all versions together.
        renders: How many renders were begun, all versions together.
        guard: Stands between the worker and its ledger.
        then: What the owner asks for when the version has failed; it ends as ready.
        cancelled_at: The call of the backend at whose moment the owner cancels the version.
        within: Seconds that all of it may take, where nobody's wait is shortened.
        holds: What else is to be seen of what the backend has counted.
        alone: Whether it concerns an account or a worker, which other videos have in common.
        by_the_clock: Whether it takes real seconds, because somebody waits for what does not come.
        variation: Whether it is of a kind of which there is another one.
    """

    script: Callable[[], Script] = lambda: Script(DONE)
    ends: Status = Status.READY
    words: tuple[str, ...] = ()
    posts: int = 1
    renders: int = 1
    guard: Guard = open_to_all
    then: Act | None = None
    cancelled_at: str = ""
    within: float = math.inf
    holds: Callable[[Script], bool] = lambda _: True
    alone: bool = False
    by_the_clock: bool = False
    variation: bool = False


def _first(call: str, *answers: Answer, **parts: object) -> Callable[[], Script]:
    """Some answers to a call before the usual ones."""
    return lambda: Script(DONE, odd={call: answers}, **parts)  # type: ignore[arg-type]


def _played(post: Answer = DONE, **parts: object) -> Callable[[], Script]:
    return lambda: Script(post, **parts)  # type: ignore[arg-type]


def _fails(
    script: Callable[[], Script],
    *words: str,
    posts: int = 1,
    renders: int = 0,
    guard: Guard = open_to_all,
    by_the_clock: bool = False,
    alone: bool = False,
) -> Scenario:
    return Scenario(
        script,
        Status.FAILED,
        words,
        posts,
        renders,
        guard,
        by_the_clock=by_the_clock,
        alone=alone or guard is not open_to_all,
    )


def _guarded(guard: Guard) -> Scenario:
    return Scenario(guard=guard, alone=True)


# Answers that make no sense, whatever was asked for.
ODD: Mapping[str, Answer] = {
    "an unknown code": refuses(7777, "unknown"),
    "system busy": refuses(5003, "系统繁忙"),
    "broken JSON": raw(b'{"code": 0, "data": {'),
    "an empty object": answers_with_json({}),
    "an array": answers_with_json([]),
    "nothing at all": raw(b""),
    "no data": answers_with_json({"code": 0}),
    "data that is text": answers_with_json({"code": 0, "data": "soon"}),
    "a code that is text": answers_with_json({"code": "E_BUSY", "message": "busy"}),
    "success without a code": answers_with_json({"success": False, "error": "busy"}),
    "UTF-16": raw('{"code": 0}'.encode("utf-16")),
    "bytes": raw(bytes(range(256))),
    "deep nesting": raw(b"[" * 100_000),
    "a page under 200": answers_with_status(200),
    "a page under 403": answers_with_status(403),
    "a page under 404": answers_with_status(404),
    "418": answers_with_json({"message": "teapot"}, 418),
    "429 with Retry-After": answers_with_json({"error": "not now"}, 429, Retry_After="1"),
    "429 with a date": answers_with_json({}, 429, Retry_After="Thu, 01 Jan 2026 00:00:00 GMT"),
    "429 with an odd Retry-After": answers_with_json({}, 429, Retry_After="soon"),
    "500": answers_with_json({"message": "oops"}, 500),
    "502": answers_with_status(502),
    "503 with Retry-After": answers_with_json({}, 503, Retry_After="1"),
    "a redirect": redirects("https://elsewhere.example/login"),
    "a redirect to itself": redirects("", 307),
    "a reset": resets,
    "half an answer": cut(),
    "a rejected token": refuses(1001, "token expired"),
}
# What is not the vendor's final word at that call, in the words of its documents.
ODD_OF: Mapping[str, Mapping[str, Answer]] = {
    "state": {
        "no state": answers_with_json({"code": 0, "data": {}}),
        "the draft as text": answers_with_json({"data": {"state": {"draft": "soon"}}}),
        "the draft as a list": answers_with_json({"data": {"state": {"draft": [1, 2]}}}),
        "the draft as a number": answers_with_json({"data": {"state": {"draft": 7}}}),
        "no draft": answers_with_json({"data": {"state": {"draft": None}}}),
        "404": answers_with_json({"message": "not found"}, 404),
        "no credits": refuses(2001, "insufficient credits"),
    },
    "start": {
        "4001": refuses(4001, "unsupported"),
        "duplicate id": answers_with_json({"code": 409, "message": "duplicate id"}, 409),
    },
    "status": {
        "404": answers_with_json({"code": 404, "message": "no such render"}, 404),
        "403": answers_with_json({"message": "not yours"}, 403),
        "1002": refuses(1002, "session not found"),
        "queued": tells_status("queued"),
        "an unknown status": tells_status("dreaming"),
        "a status that is none": answers_with_json({"status": 7}),
        "a status in an object": answers_with_json({"status": {"name": "processing"}}),
        "completed without a file": tells_status("completed"),
    },
}
# Of a file: that it is not there now, is another one, or breaks off.
ODD_FILES: Mapping[str, Answer] = {
    "403": answers_with_status(403),
    "404": answers_with_status(404),
    "410": answers_with_status(410),
    "429": answers_with_json({}, 429, Retry_After="1"),
    "503": answers_with_status(503),
    "a page": web_page,
    "nothing": raw(b"", content_type="video/mp4"),
    "JSON": answers_with_json({"error": "expired"}),
    "a reset": resets,
    "a reset at half": resets_at_half,
    "half": serves(share=0.5),
    "half, three times": serves(share=0.5),
    "chunks that break off": serves_in_chunks(breaks=True),
    "half a file in a whole body": truncated_unnoticed,
    "a redirect to nowhere": redirects("https://127.0.0.1:9/"),
    "a redirect to no address": redirects("https://xn--/"),
}
IN_THE_LIST = {
    *("state: an unknown code", "state: broken JSON", "state: no data", "state: no state"),
    *("state: the draft as text", "state: the draft as a list", "start: an unknown code"),
    *("start: a page under 200", "status: an unknown code", "status: broken JSON"),
    *("status: an empty object", "status: queued", "file: 403", "file: half"),
}


def _odd() -> dict[str, Scenario]:
    """One odd answer after the payment, which ends nothing."""
    once = {
        f"{call}: {name}": Scenario(_first(call, answer), variation=f"{call}: {name}" not in IN_THE_LIST)
        for call in ("state", "start", "status")
        for name, answer in {**ODD, **ODD_OF[call]}.items()
    }
    files = {
        f"file: {name}": Scenario(
            _first("file", *repeat(answer, 3 if "three" in name else 1)),
            variation=f"file: {name}" not in IN_THE_LIST,
        )
        for name, answer in ODD_FILES.items()
    }
    return once | files


# The waits of 13 questions are an hour. The client asks twice more what may pass at once, but for renders.
_AN_HOUR, _TRIES = 13, {"state": 3, "start": 1, "status": 3, "file": 3}


def _outages() -> dict[str, Scenario]:
    """An hour without a good answer, after the payment."""
    ways = {
        "pages": (answers_with_status(200), False),
        "unknown codes": (ODD["an unknown code"], False),
        "502": (ODD["502"], True),
        "429": (ODD["429 with Retry-After"], True),
        "resets": (resets, True),
    }
    calls = {
        f"{call}: an hour of {name}": Scenario(
            _first(call, *repeat(answer, _AN_HOUR * (_TRIES[call] if is_tried_again else 1))),
            variation=name != "pages",
        )
        for call in ("state", "start", "status")
        for name, (answer, is_tried_again) in ways.items()
    }
    down = tuple(repeat(answers_with_status(503), _AN_HOUR * _TRIES["file"]))
    both = {"file": down, "fallback": down}
    return calls | {"file: an hour of 503": Scenario(lambda: Script(DONE, odd=both))}


def _upper(status: Json) -> Json:
    return status | {"status": str(status["status"]).upper()}


def _renamed(**words: str) -> Callable[[Json], Json]:
    return lambda status: status | {"status": words.get(status["status"], status["status"])}


def _in_an_envelope(status: Json) -> Json:
    url = status.get("output", {}).get("url")
    answer = {"id": "7", "status": status["status"], "progress": 40, "outputUrl": url}
    return {"success": True, "data": answer}


SYNONYMS = ("succeeded", "success", "done", "finished", "RENDER_STATUS.COMPLETED", "Completed ")

STATUSES = {
    "status: 404 on the first polls": Scenario(
        _first("status", *repeat(answers_with_json({"code": 404}, 404), 3))
    ),
    "status: COMPLETED": Scenario(_played(tells=_upper)),
    "status: succeeded": Scenario(_played(tells=_renamed(completed="succeeded", processing="in-progress"))),
    **{
        f"status: {word}": Scenario(_played(tells=_renamed(completed=word)), variation=True)
        for word in SYNONYMS[1:]
    },
    **{
        f"status: {name}": Scenario(_played(tells=tells), variation=True)
        for name, tells in {
            "the file in a list": lambda answer: answer | {"output": [answer.get("output")]},
            "the address alone": lambda answer: answer | {"output": answer.get("output", {}).get("url")},
            "under another name": lambda answer: {"state": answer["status"], "output": answer.get("output")},
            "progress as text": lambda answer: answer | {"progress": "45%"},
            "code 200": lambda answer: answer | {"code": 200, "message": "rendering", "error": None},
        }.items()
    },
    "status: in an envelope": Scenario(_played(tells=_in_an_envelope), variation=True),
    "status: completed, and processing again": Scenario(
        lambda: Script(
            DONE,
            odd={
                "status": (
                    tells_status("completed", output={"url": "{url}"}),
                    tells_status("completed", output={"url": "{url}"}),
                    tells_status("processing"),
                ),
                "file": (answers_with_status(404),),
                "fallback": (answers_with_json({"code": 404, "message": "not there"}, 404),),
            },
        )
    ),
    "status: unknown for good, for it never began": Scenario(
        _first("start", answers_with_json({"data": {"status": "pending"}})), variation=True
    ),
    "status: failed, in capitals": Scenario(
        _played(renders=("failed", "completed"), tells=_upper), renders=2, variation=True
    ),
    "poll refused with 429": Scenario(_first("status", ODD["429 with Retry-After"])),
    "poll refused with 502 for long": Scenario(_first("status", *repeat(answers_with_status(502), 4))),
}

_NUMBERS = count()

STARTS = {
    "start: an id of the server's own": Scenario(_played(render_id=lambda asked: f"srv-{asked}")),
    **{
        f"start: the id {own}": Scenario(
            _played(render_id=lambda _, own=own: f"{own}{next(_NUMBERS)}"), variation=True
        )
        for own in ("jobs/7/", "a b?c#", "ü%2F", "../", "7")
    },
    "start: a page, and it began": Scenario(_played(start=answers_with_status(200)), variation=True),
    "start: broken JSON, and it began": Scenario(_played(start=raw(b'{"id":')), variation=True),
    "start: a redirect, and it began": Scenario(_played(start=redirects("/elsewhere")), variation=True),
    "render confirmed by a reset": Scenario(_played(start=resets)),
    "402": _fails(_played(start=answers_with_status(402)), *UPGRADE, renders=1),
    "403 for the plan": _fails(
        _first("start", *repeat(answers_with_json({"message": "plan"}, 403), 9)), *UPGRADE
    ),
    "no credits for a render": _fails(_first("start", *repeat(refuses(2001, "no credits"), 9)), "2001"),
    "render fails once": Scenario(_played(renders=("failed", "completed")), renders=2),
    "render fails twice": _fails(_played(renders=("failed",)), *RENDER_FAILED, renders=2),
    "render without an address": Scenario(_played(renders=("without_address",))),
    "render at a dead address": Scenario(_played(renders=("dead_address",))),
}

DOWNLOADS = {
    "file: half, and no ranges": Scenario(_first("file", serves(share=0.5), file=serves(ranges=False))),
    "file: half, and another range": Scenario(
        _first("file", serves(share=0.5), file=serves(shift=3)), variation=True
    ),
    "file: half, then another version": Scenario(
        _first("file", serves(share=0.5), file=serves(etag='"2"')), variation=True
    ),
    "file: a tenth at a time": Scenario(_first("file", *repeat(serves(share=0.1), 9)), variation=True),
    "file: compressed": Scenario(_played(file=compressed, fallback=compressed), variation=True),
    "file: a part that is the whole": Scenario(_played(file=serves(unasked=True)), variation=True),
    "file: in chunks": Scenario(_played(file=serves_in_chunks(breaks=False)), variation=True),
    "file: by a redirect": Scenario(_first("file", redirects("?moved"), file=serves()), variation=True),
    **{
        f"file: {name}, and no download call": Scenario(
            _first(
                "file",
                *repeat(answer, 5),
                fallback=answers_with_json({"code": 404, "message": "no such path"}, 404),
            )
        )
        for name, answer in {
            "503": answers_with_status(503),
            "403": answers_with_status(403),
            "half": serves(share=0.5, ranges=False),
        }.items()
    },
    "address answers 503": Scenario(_played(file=answers_with_status(503))),
    "truncated": Scenario(_played(file=truncated)),
    "truncated unnoticed": Scenario(_played(file=truncated_unnoticed)),
    "a web page": Scenario(_played(file=web_page)),
    "truncated, twice": _fails(_played(file=truncated, fallback=truncated), *BROKE_OFF, renders=1),
    "truncated unnoticed, twice": _fails(
        _played(file=truncated_unnoticed, fallback=truncated_unnoticed), *NOT_THE_VIDEO, renders=1
    ),
    "a web page, twice": _fails(_played(file=web_page, fallback=web_page), *NO_SENSE, renders=1),
}


def _titled(text: str) -> Json:
    whole = Script(DONE).draft
    title = {"tt": 7, "sg": [{"s": 0, "d": SECONDS * 1000, "m": {"text": text}}]}
    return whole | {"t": [*whole["t"][:2], title]}


def _tracks(*tracks: tuple[int, list[Json]], **fields: object) -> Json:
    return {"t": [{"tt": kind, "sg": segments} for kind, segments in tracks]} | fields


_HALF = SECONDS * 500
_MUSIC = (1, [{"s": 0, "d": 30_000, "m": {"name": "Lo-fi"}}])
_PICTURE = (0, [{"s": 0, "d": SECONDS * 1000, "m": {"name": "kettle"}}])

DRAFTS = {
    "draft: half a surrogate in a title": Scenario(_played(draft=_titled("Tide\ud83cwater"))),
    "draft: a title of 300 kB": Scenario(_played(draft=_titled("Tidewater " * 30_000)), variation=True),
    "draft: control characters": Scenario(_played(draft=_titled("\0\x1b[31m\u202e")), variation=True),
    "draft: NaN": Scenario(_played(draft=Script(DONE).draft | {"odd": float("nan")}), variation=True),
    "draft: as JSON text": Scenario(_played(writes=json.dumps)),
    "draft: on the backend's own disk": Scenario(
        _played(
            draft=_tracks((0, [{"d": SECONDS * 1000, "m": {"src": "/mnt/userdata/u/k.mp4"}}]), _MUSIC),
            files={"files:u": [{"s3_key": "u/k.mp4", "cdn_url": "https://cdn.invalid/k.mp4"}]},
        ),
        holds=lambda script: "https://cdn.invalid/k.mp4" in str(script.started_renders[0].draft),
    ),
    "draft: version 3": _fails(
        _played(writes=lambda _: '<draft fps="30" width="1" height="1" duration="2000"></draft>'), "Draft V3"
    ),
    "length: no durations": Scenario(
        _played(draft=_tracks((0, [{"m": {"name": "kettle"}}]), (7, [{"m": {"text": "Hi"}}])))
    ),
    "length: music longer than the picture": Scenario(_played(draft=_tracks(_PICTURE, _MUSIC))),
    "length: a film as long as its music": Scenario(
        _played(draft=_tracks((0, [{"s": 0, "d": _HALF}]), (1, [{"s": 0, "d": SECONDS * 1000}])))
    ),
    "length: crossfaded clips": Scenario(
        _played(
            draft=_tracks(
                (0, [{"d": _HALF + 300, "m": {"name": name, "transition": "fade"}} for name in "ab"]), _MUSIC
            )
        )
    ),
    "length: overlapping clips": Scenario(
        _played(draft=_tracks((0, [{"s": start, "d": _HALF + 300} for start in (0, _HALF - 300)]), _MUSIC)),
        variation=True,
    ),
    "length: another speed": Scenario(
        _played(draft=_tracks((0, [{"s": 0, "d": 9000, "m": {"speed": 4.5}}]), _MUSIC)), variation=True
    ),
    "length: of the whole alone": Scenario(
        _played(draft=_tracks((0, [{"m": {"name": "a"}}]), d=SECONDS * 1000)), variation=True
    ),
    "length: in seconds": Scenario(
        _played(draft=_tracks((0, [{"s": 0, "d": SECONDS}]), (1, [{"s": 0, "d": SECONDS}]))), variation=True
    ),
    "draft: odd tracks": Scenario(
        _played(
            draft={
                "t": [
                    *({"tt": 0, "sg": [{"d": SECONDS * 1000}, None, 7, "x"]}, {"tt": "0", "sg": None}),
                    *({"tt": 1, "sg": {}}, {"tt": 7, "sg": [{"s": -5, "d": "x", "m": []}]}, 7),
                ]
            }
        ),
        variation=True,
    ),
    "length: seconds as text": Scenario(
        _played(draft=_tracks((0, [{"s": "0", "d": "2000"}]), _MUSIC)), variation=True
    ),
}

QUESTIONS = {
    "question: export": "Your video is ready! Would you like me to export it now?",
    "question: like": "All done. Do you like it?",
    "question: music": "The video is ready. Would you like to change the music?",
    "question: think": "Here is your 10-second clip. What do you think?",
    "question: Chinese": "视频已经准备好了，需要我帮您导出吗？",  # noqa: RUF001
    "question: a quoted title": 'I have set the title to "Where does the tide go?"',
    "question: a quoted title in Chinese": "标题是「潮水去哪了？」",  # noqa: RUF001
    "question: two": "Is the pace right? Shall I go on?",
}

REPLIES = {
    "reply: 900 kB": Scenario(_played(says("All is well. " * 70_000))),
    "reply: half a surrogate": Scenario(_played(says("It is \ud83c ready.")), variation=True),
    "reply: NUL": Scenario(_played(says("It is \0 ready.")), variation=True),
    "stream: [DONE]": Scenario(
        _played(streams({"type": "text", "content": "Which colour?"}, "[DONE]"), works=False),
        Status.NEEDS_ANSWER,
        ("Which colour?",),
        renders=0,
    ),
    "stream: an ADK event with a type": Scenario(
        _played(
            streams({"type": "message", "content": {"parts": [{"text": "Which colour?"}]}}),
            works=False,
        ),
        Status.NEEDS_ANSWER,
        ("Which colour?",),
        renders=0,
    ),
    "stream: events that say nothing": Scenario(
        _played(streams("[DONE]", "null", "7", '"text"', "{", {"type": 7}, {"content": None})), variation=True
    ),
    "stream: a closing brace is missing": Scenario(_played(streams('{"type": "text"')), variation=True),
    "stream: an event of 9 MB": Scenario(
        _played(streams({"type": "text", "content": "x" * 9_000_000})), variation=True
    ),
    "stream: bytes": Scenario(_played(raw(bytes(range(256)), content_type="text/event-stream"))),
    "stream: compressed": Scenario(
        _played(raw(b"\x1f\x8b" + bytes(80), content_type="text/event-stream")), variation=True
    ),
    "stream: as plain text": Scenario(_played(raw(b"data: {}\n\n", content_type="text/plain"))),
    "only heartbeats": Scenario(_played(only_beats), by_the_clock=True),
    "a stream that never closes": Scenario(_played(never_closes), by_the_clock=True),
    "a stream that breaks off": Scenario(_played(breaks_off)),
    "no text, draft changed": Scenario(_played(says_nothing)),
    "no text, draft unchanged": _fails(_played(says_nothing, works=False), *NO_RESULT),
    "an error in the stream": _fails(_played(reports_an_error, works=False), *OVERLOADED),
    "an error for a stream": _fails(_played(reports_an_error_instead, works=False), *NO_RESULT),
    "a question": Scenario(
        _played(says("Which colour shall the title have?"), works=False),
        Status.NEEDS_ANSWER,
        ("Which colour shall the title have?",),
        renders=0,
    ),
} | {name: Scenario(_played(says(text))) for name, text in QUESTIONS.items()}


def _refused(*answers: Answer) -> Scenario:
    """Answers to the post which mean that it was not taken."""
    return Scenario(_first("post", *answers))


POSTS = {
    "post: 429": _refused(ODD["429 with Retry-After"]),
    "post: 503 with Retry-After": _refused(ODD["503 with Retry-After"]),
    "post: a redirect": _refused(ODD["a redirect"]),
    **{
        f"post: a redirect by {status}": Scenario(
            _first("post", redirects("/run_sse", status)), variation=True
        )
        for status in (301, 303, 307, 308)
    },
    "post: 429, then 503, then a redirect": Scenario(
        _first("post", ODD["429 with Retry-After"], ODD["503 with Retry-After"], ODD["a redirect"]),
        variation=True,
    ),
    **{
        f"post: {name}, agent works": Scenario(
            _played(ODD[name]), variation=name not in {"an unknown code", "system busy"}
        )
        for name in (
            *("an unknown code", "system busy", "broken JSON", "nothing at all", "a page under 200"),
            *("a page under 403", "a page under 404", "500", "half an answer", "a code that is text"),
        )
    },
    "post: an unknown code, agent does not": _fails(_played(refuses(7777, "unknown"), works=False), "7777"),
    "post: system busy, agent does not": _fails(_played(refuses(5003, "系统繁忙"), works=False), "5003"),
    "post: a kept connection is dead": Scenario(_played(stale=True)),
    "reset, agent works": Scenario(_played(resets)),
    "reset, agent does not": _fails(_played(resets, works=False), *NO_RESULT),
    "502, agent works": Scenario(_played(answers_with_status(502))),
    "502, agent works for long": Scenario(_played(answers_with_status(502), idle_reads=4)),
    "502, agent does not": _fails(_played(answers_with_status(502), works=False), *BAD_GATEWAY),
    "timeout, agent works": Scenario(_played(never_answers), by_the_clock=True),
    "timeout, agent does not": _fails(_played(never_answers, works=False), *NO_RESULT, by_the_clock=True),
    "2001 before the post": _fails(_played(credits_left=0), "?bind=user-7", posts=0, alone=True),
    "2001": _fails(_played(refuses(2001, "insufficient credits"), works=False), *REGISTER),
}

BEFORE_THE_POST = {
    "before the post: three times 503": Scenario(
        _first("draft", *repeat(answers_with_status(503), 3)), within=120
    ),
    "before the post: 429": Scenario(_first("draft", *repeat(ODD["429 with Retry-After"], 4))),
    "before the post: a page": Scenario(_first("draft", answers_with_status(200)), variation=True),
    "session: 503 for long": Scenario(
        _first("session", *repeat(answers_with_status(503), 30)), alone=True, variation=True
    ),
    "session: a page": Scenario(_first("session", answers_with_status(200)), alone=True, variation=True),
    "upload: 503": Scenario(_first("upload", answers_with_status(503)), variation=True),
    "upload: a page": Scenario(_first("upload", answers_with_status(200)), variation=True),
    "claim: 500": Scenario(_first("claim", *repeat(ODD["500"], 9))),
    "claim: a page": Scenario(_first("claim", answers_with_status(200)), variation=True),
    **{
        f"balance: {name}": Scenario(_played(balance=lambda _, answer=answer: answer), alone=True)
        for name, answer in {
            "missing": {"frozen": 0},
            "text": {"available": "1,000", "frozen": "0", "total": "1,000"},
            "no frozen": {"available": 90, "frozen": None, "total": 100},
        }.items()
    },
    "1001 in the middle": Scenario(_played(token_dies=True), alone=True),
}

WORKERS = {
    "nothing": Scenario(holds=lambda script: script.claims == 1),
    "killed before the claim": Scenario(_played(before_reading=kills_when_read()), alone=True),
    "killed before the post": _fails(
        _played(), *NO_RESULT, guard=killing_after("send_lock"), posts=0, alone=True
    ),
    "killed after the post": _guarded(killing_before("reply")),
    "killed after the record": _guarded(killing_after("reply")),
    "killed in the stream, agent goes on": Scenario(_played(kills_the_listener), alone=True),
    "killed in the stream, agent stops": _fails(
        _played(kills_the_listener, works=False), *NO_RESULT, alone=True
    ),
    # the ledger's table is throttled: for a moment, and for longer than the SDK is patient
    "claim throttled": _guarded(throttling("send_lock", times=2)),
    "claim throttled for long": _guarded(throttling("send_lock", times=3)),
    "record throttled for long": _guarded(throttling("reply", times=3)),
}


def _then(act: Act, script: Callable[[], Script], *, renders: int) -> Scenario:
    return Scenario(script, Status.FAILED, then=act, renders=renders)


def _without_a_file(*answers: Answer) -> Callable[[], Script]:
    return lambda: Script(DONE, odd={"file": answers, "fallback": answers})


# What is given up after 70 minutes of waits, by the number of times that it is asked for.
_GIVEN_UP = 15

EXPORTS = {
    "export: after an upgrade": _then(Act.EXPORT, _first("start", answers_with_status(402)), renders=1),
    "retry: after an upgrade": _then(Act.RETRY, _first("start", answers_with_status(402)), renders=1),
    "retry: after two failed renders": _then(
        Act.RETRY, _played(renders=("failed", "failed", "completed")), renders=3
    ),
    "export: after a download that failed": _then(
        Act.ASK_FOR_THE_FILE, _without_a_file(*repeat(answers_with_status(503), 3 * _GIVEN_UP)), renders=2
    ),
    "export: after a file that was no video": _then(
        Act.EXPORT, _without_a_file(*repeat(web_page, _GIVEN_UP)), renders=2
    ),
    "retry: after a state that could not be read": _then(
        Act.RETRY, _first("state", *repeat(answers_with_status(200), _GIVEN_UP)), renders=1
    ),
}


def _cancelled(at: str, *, posts: int = 1, renders: int = 0, alone: bool = False) -> Scenario:
    return Scenario(
        ends=Status.CANCELLED,
        posts=posts,
        renders=renders,
        cancelled_at=at,
        holds=lambda script: not any(render.runs for render in script.started_renders),
        alone=alone,
    )


CANCELLATIONS = {
    "cancel: while the balance is read": _cancelled("credits", posts=0, alone=True),
    "cancel: while the draft is read before the post": _cancelled("draft", posts=0),
    "cancel: while the agent works": _cancelled("post"),
    "cancel: while the timeline becomes stable": _cancelled("state"),
    "cancel: while it is rendered": _cancelled("status", renders=1),
    "cancel: while a render under an id of the server's own is made": Scenario(
        _played(render_id=lambda asked: f"srv-{asked}"),
        Status.CANCELLED,
        cancelled_at="status",
        holds=lambda script: not any(render.runs for render in script.started_renders),
    ),
    "cancel: while the render starts": _cancelled("start", renders=1),
    "cancel: while the file comes": _cancelled("file", renders=1),
}

SCENARIOS: Mapping[str, Scenario] = dict(
    chain.from_iterable(
        part.items()
        for part in (
            *(WORKERS, POSTS, REPLIES, BEFORE_THE_POST, STATUSES, STARTS, DOWNLOADS, DRAFTS),
            *(EXPORTS, CANCELLATIONS, _outages(), _odd()),
        )
    )
)
