"""What may go wrong between the pipeline and the backend, and what is promised all the same.

Whatever happens: a message is posted at most once, no two renders run at once, there are at most two of them,
and the video ends once and is announced once.
"""

from dataclasses import dataclass

import pytest

from tests.faults.answers import (
    answers_with_status,
    breaks_off,
    kills_the_listener,
    kills_when_read,
    never_answers,
    never_closes,
    only_beats,
    refuses,
    reports_an_error,
    reports_an_error_instead,
    resets,
    says,
    says_nothing,
    truncated,
    truncated_unnoticed,
    web_page,
)
from tests.faults.backend import Script
from tests.faults.ledger_gate import Guard, killing_after, killing_before, open_to_all, throttling
from tests.faults.pipeline import Pipeline
from tests.faults.promises import broken_promises
from videos.records import Status

DONE = says("Your video is on the timeline.")

NO_RESULT = ("produced no video", "Retry to try again. A retry is a new generation and uses credits.")
NOT_THE_VIDEO = ("Export it again: that is free. If it fails again, the video service has a fault.",)
NO_SENSE = ("The video service gave an answer that makes no sense.",)
OVERLOADED = ("The model is overloaded.", "Say it in other words, or try again later.")
BAD_GATEWAY = ("The video service had an internal error.", "Try again in a few minutes.")
BROKE_OFF = ("The connection to the video service broke.", "Try again in a few minutes.")
REGISTER = ("2001", "Register to get more credits: https://nemovideo.com/register?bind=user-7")
UPGRADE = ("Register or upgrade your plan to unlock export.",)
RENDER_FAILED = (
    "The render failed 2 times; the last time: the encoder crashed.",
    "Export it again: that is free. If it fails again, change the video.",
)


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and the end that is promised.

    `told` are words that the announcement holds: what happened, and what to do next. `guard` stands between
    the worker and its ledger.
    """

    name: str
    script: Script
    ends: Status = Status.READY
    told: tuple[str, ...] = ()
    guard: Guard = open_to_all
    posts: int = 1
    renders: int = 1


def ends_badly(
    name: str, script: Script, *told: str, guard: Guard = open_to_all, posts: int = 1, renders: int = 0
) -> Fault:
    return Fault(name, script, Status.FAILED, told, guard, posts, renders)


FAULTS = (
    Fault("nothing", Script(DONE)),
    # the worker dies
    Fault("killed before the claim", Script(DONE, before_reading=kills_when_read())),
    ends_badly("killed before the post", Script(DONE), *NO_RESULT, guard=killing_after("sending"), posts=0),
    Fault("killed after the post", Script(DONE), guard=killing_before("reply")),
    Fault("killed after the record", Script(DONE), guard=killing_after("reply")),
    Fault("killed in the stream, agent goes on", Script(kills_the_listener)),
    ends_badly("killed in the stream, agent stops", Script(kills_the_listener, works=False), *NO_RESULT),
    # the ledger's table is throttled: for a moment, and for longer than the SDK is patient
    Fault("claim throttled", Script(DONE), guard=throttling("sending", times=2)),
    Fault("claim throttled for long", Script(DONE), guard=throttling("sending", times=3)),
    Fault("record throttled for long", Script(DONE), guard=throttling("reply", times=3)),
    # the post is not answered, or badly
    Fault("reset, agent works", Script(resets)),
    ends_badly("reset, agent does not", Script(resets, works=False), *NO_RESULT),
    Fault("502, agent works", Script(answers_with_status(502))),
    Fault("502, agent works for long", Script(answers_with_status(502), idle_reads=4)),
    ends_badly("502, agent does not", Script(answers_with_status(502), works=False), *BAD_GATEWAY),
    Fault("timeout, agent works", Script(never_answers)),
    ends_badly("timeout, agent does not", Script(never_answers, works=False), *NO_RESULT),
    # the stream goes wrong
    Fault("only heartbeats", Script(only_beats)),
    Fault("a stream that never closes", Script(never_closes)),
    Fault("a stream that breaks off", Script(breaks_off)),
    Fault("no text, draft changed", Script(says_nothing)),
    ends_badly("no text, draft unchanged", Script(says_nothing, works=False), *NO_RESULT),
    ends_badly("an error in the stream", Script(reports_an_error, works=False), *OVERLOADED),
    ends_badly("an error for a stream", Script(reports_an_error_instead, works=False), *NO_RESULT),
    Fault(
        "a question",
        Script(says("Which colour shall the title have?"), works=False),
        Status.NEEDS_ANSWER,
        ("Which colour shall the title have?",),
        renders=0,
    ),
    # the backend says no
    Fault("1001 in the middle", Script(DONE, token_dies=True)),
    ends_badly("2001 before the post", Script(DONE, credits_left=0), "?bind=user-7", posts=0),
    ends_badly("2001", Script(refuses(2001, "insufficient credits"), works=False), *REGISTER),
    ends_badly("402", Script(DONE, start=answers_with_status(402)), *UPGRADE, renders=1),
    # rendering goes wrong
    Fault("render confirmed by a reset", Script(DONE, start=resets)),
    Fault("render fails once", Script(DONE, renders=("failed", "completed")), renders=2),
    ends_badly("render fails twice", Script(DONE, renders=("failed",)), *RENDER_FAILED, renders=2),
    Fault("render without an address", Script(DONE, renders=("without_address",))),
    Fault("render at a dead address", Script(DONE, renders=("dead_address",))),
    Fault("address answers 503", Script(DONE, file=answers_with_status(503))),
    Fault("poll refused with 429", Script(DONE, poll_refusals=(429,))),
    Fault("poll refused with 502 for long", Script(DONE, poll_refusals=(502,) * 4)),
    # what is delivered is not the video
    Fault("truncated", Script(DONE, file=truncated)),
    Fault("truncated unnoticed", Script(DONE, file=truncated_unnoticed)),
    Fault("a web page", Script(DONE, file=web_page)),
    ends_badly("truncated, twice", Script(DONE, file=truncated, fallback=truncated), *BROKE_OFF, renders=1),
    ends_badly(
        "truncated unnoticed, twice",
        Script(DONE, file=truncated_unnoticed, fallback=truncated_unnoticed),
        *NOT_THE_VIDEO,
        renders=1,
    ),
    ends_badly("a web page, twice", Script(DONE, file=web_page, fallback=web_page), *NO_SENSE, renders=1),
)


# One of each kind.
QUICK = {
    "nothing",
    "killed after the post",
    "claim throttled",
    "502, agent works",
    "a stream that breaks off",
    "2001",
    "render fails once",
    "truncated",
}


def _param(fault: Fault) -> object:
    return pytest.param(fault, id=fault.name, marks=[] if fault.name in QUICK else pytest.mark.thorough)


@pytest.mark.parametrize("fault", list(map(_param, FAULTS)))
def test_fault(pipeline: Pipeline, fault: Fault) -> None:
    pipeline.gate.guard = fault.guard
    end = pipeline.end_of(pipeline.drop(fault.script))

    assert broken_promises(end) == []
    came_of_it = (end.video.status, len(end.script.messages), len(end.script.started_renders))
    assert came_of_it == (fault.ends, fault.posts, fault.renders), end.told
    assert [words for words in fault.told if words not in end.told] == [], end.told
