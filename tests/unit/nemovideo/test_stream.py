import json
from collections.abc import Iterable
from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend import (
    Activity,
    AgentProblem,
    AgentReply,
    Heartbeat,
    StreamEvent,
    Text,
    ToolCall,
    ToolResult,
    collect,
)
from backend.errors import (
    AgentError,
    BackendError,
    BrokenStreamError,
    NemoVideoError,
    OutOfCreditsError,
    StreamError,
)
from nemovideo import ServerSentEvent, interpret
from nemovideo.sse import SseDecoder


def read(body: object) -> list[StreamEvent]:
    return list(interpret(ServerSentEvent(json.dumps(body))))


def adk(*parts: object, **fields: object) -> dict[str, object]:
    return {"content": {"parts": list(parts), "role": "model"}, "author": "nemo_agent"} | fields


def reply_to(*bodies: object) -> AgentReply:
    return collect(chain.from_iterable(read(body) for body in bodies))


@pytest.mark.parametrize(
    ("body", "events"),
    [
        ({"type": "text", "content": "Hi"}, [Text("Hi", fragment=True)]),
        ({"type": "text", "content": ""}, [Activity()]),
        ({"type": "text"}, [Activity()]),
        ({"type": "tool_call", "name": "add_bgm", "args": {}}, [ToolCall("add_bgm")]),
        ({"type": "tool_result", "name": "add_bgm", "result": 1}, [ToolResult("add_bgm")]),
        ({"type": "heartbeat"}, [Heartbeat()]),
        ({"type": "error", "message": "no", "code": 7}, [AgentProblem(7, "no")]),
        ({"type": "error", "content": "no"}, [AgentProblem(None, "no")]),
        ({"type": "error", "error": {"message": "no"}}, [AgentProblem(None, "no")]),
        ({"type": "news of tomorrow"}, [Activity()]),
        (adk({"text": "A"}, {"text": "B"}), [Text("AB")]),
        (adk({"text": "A"}, partial=True), [Text("A", partial=True)]),
        (adk({"text": "hm", "thought": True}), [Activity()]),
        (adk({"text": "hm", "thought": True}, {"text": "A"}), [Text("A")]),
        (
            adk(
                {"text": "A"},
                {"functionCall": {"name": "cut", "args": {}}},
                {"functionResponse": {"name": "cut"}},
            ),
            [Text("A"), ToolCall("cut"), ToolResult("cut")],
        ),
        (adk({"functionCall": {"name": "cut"}}, partial=True), [Activity()]),
        (adk({"text": "What I said?"}, author="user"), [Activity()]),
        (adk("odd", {"text": 1}, {"functionCall": "odd"}), [Activity()]),
        ({"content": None, "actions": {"stateDelta": {}}}, [Activity()]),
        ({"errorCode": "SAFETY", "errorMessage": "no"}, [AgentProblem("SAFETY", "no")]),
        ({"errorCode": "SAFETY"}, [AgentProblem("SAFETY", "SAFETY")]),
        ({"errorMessage": "no"}, [AgentProblem(None, "no")]),
        ({"errorCode": None, "errorMessage": None}, [Activity()]),
        (adk({"text": "A"}, errorCode="MAX_TOKENS"), [Text("A"), AgentProblem("MAX_TOKENS", "MAX_TOKENS")]),
        ({"error": "no"}, [AgentProblem(None, "no")]),
        ({"error": {"code": "2001", "message": "no"}}, [AgentProblem(2001, "no")]),
        ({"error": {"reason": "x"}}, [AgentProblem(None, '{"reason": "x"}')]),
        ({"code": 2001, "message": "no"}, [AgentProblem(2001, "no")]),
        ({"code": 2001}, [AgentProblem(2001, "code 2001")]),
        ({"code": 0}, [Activity()]),
    ],
)
def test_both_dialects(body: object, events: list[StreamEvent]) -> None:
    assert read(body) == events


@pytest.mark.parametrize(
    "event", [ServerSentEvent(""), ServerSentEvent(" "), ServerSentEvent("{}", "heartbeat")]
)
def test_heartbeats(event: ServerSentEvent) -> None:
    assert list(interpret(event)) == [Heartbeat()]


@pytest.mark.parametrize(
    "data", ["[DONE]", "{", "[1]", "null", "plain", "[" * 100_000, '{"a":' + "9" * 5000 + "}"]
)
def test_what_is_not_a_json_object_says_nothing(data: str) -> None:
    assert list(interpret(ServerSentEvent(data))) == [Activity()]


def test_partial_texts_are_counted_once() -> None:
    reply = reply_to(
        adk({"text": "Your vi"}, partial=True),
        adk({"text": "deo is ready."}, partial=True),
        adk({"text": "Your video is ready."}),
    )
    assert reply == AgentReply("Your video is ready.", (), is_question=False)


def test_a_partial_text_without_its_full_one_is_a_broken_stream() -> None:
    with pytest.raises(BrokenStreamError):
        reply_to(adk({"text": "Done."}), adk({"text": "Anything el"}, partial=True))


def test_thoughts_and_tools_stay_internal() -> None:
    reply = reply_to(
        adk({"text": "I should cut.", "thought": True}),
        adk({"text": "I will cut it."}, {"functionCall": {"name": "cut", "args": {"at": 3}}}),
        adk({"functionResponse": {"name": "cut", "response": {"ok": True}}}),
        adk({"text": "Cut at 3 s."}),
    )
    assert reply == AgentReply("I will cut it.\n\nCut at 3 s.", ("cut",), is_question=False)


def test_typed_texts_are_one_running_text_between_tools() -> None:
    reply = reply_to(
        {"type": "text", "content": "Add"},
        {"type": "heartbeat"},
        {"type": "text", "content": "ing music."},
        {"type": "tool_call", "name": "add_bgm"},
        {"type": "tool_result", "name": "add_bgm"},
        {"type": "text", "content": "Done."},
    )
    assert reply == AgentReply("Adding music.\n\nDone.", ("add_bgm",), is_question=False)


def test_a_stream_may_end_without_a_word() -> None:
    assert reply_to({"type": "tool_call", "name": "cut"}) == AgentReply("", ("cut",), is_question=False)
    assert collect([]) == AgentReply("", (), is_question=False)


@pytest.mark.parametrize(
    ("text", "is_question"),
    [
        ("Which style do you want?", True),
        ("你想要什麼風格\uff1f", True),
        ("Shall I go on? 😊", True),
        ("**Which one?**", True),
        ('Did you mean "cut?"', True),
        ("Is it? Yes.", False),
        ("Done! Would you like any changes?", False),
        ("All set. Is there anything else I can do for you? 😊", False),
        ("视频做好了。还有什么需要调整的吗\uff1f", False),
        ("Would you like a vertical or a square video?", True),
        ("Done.", False),
        ("", False),
    ],
)
def test_questions(text: str, *, is_question: bool) -> None:
    assert reply_to(adk({"text": text})).is_question is is_question


APOLOGY = "I encountered a temporary issue. Please try again."


@pytest.mark.parametrize(
    ("bodies", "text"),
    [
        ([adk({"text": "Done."}), adk({"text": APOLOGY})], "Done."),
        ([{"type": "text", "content": f"Done. {APOLOGY}"}], "Done."),
        ([adk({"text": "Done."}), {"error": APOLOGY}], "Done."),
        ([adk({"text": APOLOGY})], APOLOGY),
        ([adk({"text": APOLOGY}), adk({"text": "Now it is done."})], f"{APOLOGY}\n\nNow it is done."),
    ],
)
def test_an_apology_after_good_answers_is_ignored(bodies: list[object], text: str) -> None:
    assert reply_to(*bodies).text == text


def test_a_question_before_the_apology_is_still_a_question() -> None:
    assert reply_to(adk({"text": "Which style?"}), adk({"text": APOLOGY})).is_question


def test_surrogates_cut_between_events_are_joined() -> None:
    reply = reply_to({"type": "text", "content": "\ud83c"}, {"type": "text", "content": "\udfac \ud83c"})
    assert reply.text == "🎬 \ufffd"


@pytest.mark.parametrize(
    ("body", "kind", "code"),
    [
        ({"errorCode": "SAFETY", "errorMessage": "no"}, AgentError, "SAFETY"),
        ({"error": "no"}, AgentError, None),
        ({"error": {"code": 429, "message": "quota"}}, AgentError, 429),
        ({"error": APOLOGY}, AgentError, None),
        ({"code": 2001, "message": "no credits"}, OutOfCreditsError, 2001),
    ],
)
def test_problems_are_errors_and_never_a_permission_to_send_again(
    body: object, kind: type[NemoVideoError], code: int | str | None
) -> None:
    with pytest.raises(kind) as caught:
        reply_to({"type": "tool_call", "name": "cut"}, body)
    assert (caught.value.code, caught.value.refused, caught.value.retryable) == (code, False, False)


def test_problems_do_not_quote_tokens() -> None:
    with pytest.raises(AgentError) as caught:
        reply_to({"error": "bad token nmv_usr_abc-DEF_1 here"})
    assert str(caught.value) == "The agent reported an error: bad token [secret] here"


def test_progress_is_everything_but_heartbeats() -> None:
    seen: list[str] = []
    events: list[StreamEvent] = [
        Heartbeat(),
        Text("A"),
        ToolCall("cut"),
        Heartbeat(),
        ToolResult("cut"),
        Activity(),
    ]

    collect(events, seen.append)

    assert seen == ["text", "tool_call", "tool_result", "activity"]


def test_still_working_is_said_every_two_minutes_without_text() -> None:
    clock = 0.0

    def arriving(*times_and_events: tuple[float, StreamEvent]) -> Iterable[StreamEvent]:
        nonlocal clock
        for time, event in times_and_events:
            clock = time
            yield event

    said: list[tuple[float, float]] = []
    collect(
        arriving(
            (119, Heartbeat()),
            (121, Heartbeat()),
            (200, Heartbeat()),
            (240, ToolCall("cut")),
            (241, Activity()),
            (300, Text("A")),
            (419, Heartbeat()),
            (420, Heartbeat()),
        ),
        still_working=lambda seconds: said.append((clock, seconds)),
        now=lambda: clock,
    )
    assert said == [(121, 121), (241, 241), (420, 120)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3000) | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "content",
                    "parts",
                    "text",
                    "name",
                    "partial",
                    "thought",
                    "functionCall",
                    "error",
                    "errorCode",
                    "code",
                    "message",
                    "author",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KINDS = st.sampled_from(["text", "tool_call", "tool_result", "heartbeat", "error"])
BODIES = JSON | st.builds(
    lambda kind, body: {**body, "type": kind}, KINDS, st.dictionaries(st.text(max_size=3), JSON)
)


@given(BODIES)
def test_any_json_gives_events_or_the_clients_own_error(body: object) -> None:
    try:
        assert read(body)
        reply_to(body)
    except (StreamError, BackendError):
        pass


@given(
    st.lists(st.binary(max_size=12) | st.sampled_from([b"data: ", b"\n\n", b'{"type":"text","content":"A"}']))
)
def test_any_bytes_give_a_reply_or_a_stream_error(chunks: list[bytes]) -> None:
    decoder = SseDecoder()
    try:
        collect(event for chunk in chunks for sse in decoder.feed(chunk) for event in interpret(sse))
        decoder.close()
    except StreamError:
        pass
