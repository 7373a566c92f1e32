from datetime import UTC, datetime

import pytest

from nemovideo import Credits, Render, Session, SessionState, UnexpectedAnswerError, UploadedFile, results

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
def test_an_upload_without_files_is_unexpected(data: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswerError):
        results.uploaded_files(data)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"available": 60, "frozen": 40, "total": 100}, Credits(available=60, frozen=40, total=100)),
        ({"available": 60, "frozen": 40}, Credits(available=60, frozen=40, total=100)),
        ({"available": 60.5}, Credits(available=60.5, frozen=0, total=60.5)),
    ],
)
def test_credits(data: dict[str, object], expected: Credits) -> None:
    assert results.credits_(data) == expected


@pytest.mark.parametrize("data", [{}, {"available": "many"}])
def test_credits_that_cannot_be_read(data: dict[str, object]) -> None:
    with pytest.raises(UnexpectedAnswerError, match="available"):
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


def test_a_status_nobody_documented_is_unexpected() -> None:
    with pytest.raises(UnexpectedAnswerError, match="status"):
        results.render({"status": "dancing"}, "r")
