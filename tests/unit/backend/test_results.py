import json
from datetime import UTC, datetime

import pytest

from backend import Credits, DraftFormat, Render, Session, SessionState, UploadedFile
from backend.errors import UnexpectedAnswerError
from nemovideo import results

SESSION_ID = "1234567890123456789"


@pytest.mark.parametrize("session_id", [SESSION_ID, int(SESSION_ID)])
def test_session(session_id: object) -> None:
    data = {"session_id": session_id, "task_id": "t", "user_id": 7, "more": 1}
    assert results.session(data) == Session(session_id=SESSION_ID, task_id="t", user_id="7")


def test_session_with_the_least() -> None:
    assert results.session({"session_id": "s"}) == Session(session_id="s", task_id=None, user_id=None)


@pytest.mark.parametrize("data", [{}, {"session_id": ""}, {"session_id": None}, {"session_id": {}}])
def test_a_session_without_id_is_none(data: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswerError, match="session_id"):
        results.session(data)


def test_claim_token() -> None:
    claim = results.claim_token({"claim_token": "clm_1", "expires_in": 604800}, "https://web")

    assert (claim.token, claim.expires_in, claim.link) == (
        "clm_1",
        604800,
        "https://web/workspace/claim?ct=clm_1",
    )
    assert "clm_1" not in repr(claim)


@pytest.mark.parametrize(
    ("expires_at", "expected"),
    [
        ("2026-01-02T03:04:05Z", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("2026-01-02T03:04:05", datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        (1767323045, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)),
        ("in a week", None),
        (None, None),
    ],
)
def test_anonymous_token(expires_at: object, expected: datetime | None) -> None:
    data = {"token": "nmv_usr_1", "credits": 100, "user_id": "7", "expires_at": expires_at}
    token = results.anonymous_token(data)

    assert (token.token, token.credits, token.user_id, token.expires_at) == ("nmv_usr_1", 100, "7", expected)
    assert "nmv_usr_1" not in repr(token)


def test_errors_do_not_quote_the_answer() -> None:
    with pytest.raises(UnexpectedAnswerError) as caught:
        results.anonymous_token({"token": ["nmv_usr_secret"]})
    assert "nmv_usr_secret" not in f"{caught.value} {caught.value.__cause__}"


@pytest.mark.parametrize(
    "data",
    [
        {
            "files": [
                {
                    "filename": "a.mp4",
                    "file_type": "video",
                    "cdn_url": "https://cdn/a",
                    "duration": 1.5,
                    "width": "odd",
                }
            ],
            "session_state_applied": True,
        },
        {
            "uploaded_files": [
                {"filename": "a.mp4", "file_type": "video", "url": "https://cdn/a", "duration": 1.5}
            ]
        },
    ],
)
def test_uploaded_files(data: dict[str, object]) -> None:
    assert results.uploaded_files(data) == [
        UploadedFile(url="https://cdn/a", filename="a.mp4", file_type="video", duration=1.5)
    ]


@pytest.mark.parametrize("data", [{}, {"files": None}, {"files": ["a"]}, {"files": [{}]}])
def test_an_upload_that_lists_no_files_was_taken(data: dict[str, object]) -> None:
    assert results.uploaded_files(data) == []


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"available": 60, "frozen": 40, "total": 100}, Credits(available=60, frozen=40, total=100)),
        ({"available": 60, "frozen": 40}, Credits(available=60, frozen=40, total=100)),
        ({"available": 60.5}, Credits(available=60.5, frozen=0, total=60.5)),
        ({"available": "1,000", "frozen": None}, Credits(available=1000, frozen=0, total=1000)),
        ({"available": "1 000.5", "frozen": "2"}, Credits(available=1000.5, frozen=2, total=1002.5)),
        ({"total": "100", "frozen": 40}, Credits(available=60, frozen=40, total=100)),
    ],
)
def test_credits(data: dict[str, object], expected: Credits) -> None:
    assert results.credits_(data) == expected


@pytest.mark.parametrize("data", [{}, {"available": "many"}, {"available": None}, {"available": "nan"}])
def test_credits_that_cannot_be_read(data: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswerError, match="balance"):
        results.credits_(data)


DRAFT: dict[str, object] = {"t": [{"tt": 0, "sg": [{"d": 5.0}]}], "x": {"1": None}, "big": 2**70, "n": "7"}


@pytest.mark.parametrize(
    "data",
    [
        {"user_id": 7, "state": {"draft": DRAFT}},
        {"state": {"draft": DRAFT, "user_id": "7", "video_infos": None}},
    ],
)
def test_state(data: dict[str, object]) -> None:
    state = results.session_state(data)

    assert state == SessionState(draft=DRAFT, user_id="7")
    assert repr(state.draft) == repr(DRAFT)


def test_a_new_session_has_no_draft() -> None:
    assert results.session_state({"state": {}}).draft is None
    with pytest.raises(UnexpectedAnswerError):
        results.session_state({})


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"status": "pending"}, Render(id="r", status="pending")),
        ({"status": "processing", "progress": 40}, Render(id="r", status="processing", progress=40)),
        ({"status": "processing", "progress": "soon"}, Render(id="r", status="processing")),
        ({"status": "completed", "output": {"url": "u"}}, Render(id="r", status="completed", url="u")),
        (
            {"status": "completed", "output": None, "outputUrl": "u"},
            Render(id="r", status="completed", url="u"),
        ),
        ({"status": "failed", "error": {"message": "e"}}, Render(id="r", status="failed", error="e")),
        ({"status": "failed", "message": "e"}, Render(id="r", status="failed", error="e")),
    ],
)
def test_render(data: dict[str, object], expected: Render) -> None:
    assert results.render(data, "r") == expected


@pytest.mark.parametrize(
    ("status", "meaning"),
    [
        ("queued", "pending"),
        ("COMPLETED", "completed"),
        ("succeeded", "completed"),
        ("Success", "completed"),
        ("done", "completed"),
        ("RenderStatus.FINISHED", "completed"),
        ("In Progress", "processing"),
        ("in-progress", "processing"),
        ("error", "failed"),
        ("Cancelled", "failed"),
        ("canceled", "failed"),
        ("timed out", "failed"),
        ("dancing", "processing"),
        ("", "processing"),
        (None, "processing"),
        (7, "processing"),
        (["completed"], "processing"),
    ],
)
def test_a_status_is_read_by_its_meaning(status: object, meaning: str) -> None:
    assert results.render({"status": status}, "r").status == meaning


def test_an_empty_status_is_a_render_that_runs_and_one_with_an_address_is_done() -> None:
    assert results.render({}, "r").status == "processing"
    assert results.render({"outputUrl": "u"}, "r") == Render(id="r", status="completed", url="u")
    assert results.render({"state": "SUCCEEDED", "output": "u"}, "r").url == "u"


@pytest.mark.parametrize(
    ("data", "known_as"),
    [
        ({}, "ours"),
        ({"id": "ours"}, "ours"),
        ({"id": "srv-9", "status": "queued"}, "srv-9"),
        ({"renderId": 17}, "17"),
        ({"id": None}, "ours"),
        ({"id": ""}, "ours"),
        ({"id": {"odd": 1}}, "ours"),
    ],
)
def test_a_new_render_is_known_under_the_id_of_the_answer(data: dict[str, object], known_as: str) -> None:
    assert results.started_render(data, "ours").id == known_as


def test_a_draft_that_comes_as_text_is_the_object_in_it() -> None:
    assert results.session_state({"state": {"draft": json.dumps(DRAFT)}}).draft == DRAFT
    assert results.session_state({"draft": DRAFT}).draft == DRAFT


@pytest.mark.parametrize("draft", ["nonsense", "[1]", [DRAFT], 7, True, "{", "[" * 100_000])
def test_a_draft_that_makes_no_sense_is_unexpected(draft: object) -> None:
    with pytest.raises(UnexpectedAnswerError):
        results.session_state({"state": {"draft": draft}})


@pytest.mark.parametrize("prolog", ["", "\n  ", '<?xml version="1.0"?>\n'])
def test_a_draft_of_version_3_is_recognised(prolog: str) -> None:
    state = results.session_state({"state": {"draft": f'{prolog}<draft fps="30" width="1920"></draft>'}})
    assert (state.draft, state.draft_format) == (None, DraftFormat.V3)


def test_the_files_of_a_state() -> None:
    one, other = {"s3_key": "a.mp4", "cdn_url": "https://cdn/a"}, {"s3_key": "b", "cdn_url": "https://cdn/b"}
    for files in (
        {"files:user": [one, other]},
        {"files:1": one, "files:2": other},
        {"files:x": {"1": one, "2": other}},
    ):
        assert results.session_state({"state": files}).files == (one, other)


def test_halves_of_surrogate_pairs_in_words_are_replaced() -> None:
    assert results.render({"status": "failed", "error": "a\ud83cb"}, "r").error == "a\ufffdb"
