import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.errors import (
    BackendError,
    ClientIdMissingError,
    ExportBlockedError,
    FileTooLargeError,
    NemoVideoError,
    OutOfCreditsError,
    RateLimitedError,
    RenderNotFoundError,
    ServerError,
    SessionNotFoundError,
    TokenExpiredError,
    UnexpectedAnswerError,
    UnknownCodeError,
    UnsupportedFileError,
)
from backend.texts import quote
from nemovideo.wire import Answer, Caller, Subject, data_of

REGISTERED = "a token of a registered user"
LINK = "https://nemovideo.com/register?bind=7"


def answer(status: int, body: object, retry_after: str | None = None) -> Answer:
    return Answer(status, json.dumps(body).encode(), retry_after)


def error_of(answer: Answer, subject: Subject = Subject.SESSION, token: str = REGISTERED) -> NemoVideoError:
    with pytest.raises(NemoVideoError) as caught:
        data_of(answer, subject, Caller(token, LINK))
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        {"code": 0, "data": {"a": 1}},
        {"code": "0", "message": "ok", "data": {"a": 1}},
        {"success": True, "data": {"a": 1}},
        {"a": 1},
    ],
)
def test_data_with_and_without_envelope(body: object) -> None:
    assert data_of(answer(200, body), Subject.SESSION) == {"a": 1}


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (1001, TokenExpiredError),
        (1010, TokenExpiredError),
        (1011, TokenExpiredError),
        (1002, SessionNotFoundError),
        (2001, OutOfCreditsError),
        (4001, UnsupportedFileError),
        (4002, FileTooLargeError),
        (401, TokenExpiredError),
        (402, ExportBlockedError),
        (413, FileTooLargeError),
        (429, RateLimitedError),
        (500, ServerError),
        (503, ServerError),
        (422, BackendError),
        (9999, UnknownCodeError),
        (5003, UnknownCodeError),
    ],
)
@pytest.mark.parametrize("as_text", [False, True])
def test_codes_of_the_envelope_under_http_200(
    code: int, kind: type[NemoVideoError], *, as_text: bool
) -> None:
    error = error_of(answer(200, {"code": str(code) if as_text else code, "message": "words"}))
    assert (type(error), error.code) == (kind, code)
    assert str(error) == f"The backend said: words ({code})"


@pytest.mark.parametrize(
    ("status", "subject", "kind"),
    [
        (400, Subject.ANONYMOUS_TOKEN, ClientIdMissingError),
        (400, Subject.SESSION, BackendError),
        (401, Subject.ACCOUNT, TokenExpiredError),
        (402, Subject.NEW_RENDER, ExportBlockedError),
        (403, Subject.NEW_RENDER, ExportBlockedError),
        (403, Subject.RENDER, ExportBlockedError),
        (403, Subject.SESSION, BackendError),
        (404, Subject.SESSION, SessionNotFoundError),
        (404, Subject.NEW_RENDER, SessionNotFoundError),
        (404, Subject.RENDER, RenderNotFoundError),
        (404, Subject.ACCOUNT, BackendError),
        (409, Subject.NEW_RENDER, BackendError),
        (413, Subject.SESSION, FileTooLargeError),
        (429, Subject.SESSION, RateLimitedError),
        (500, Subject.SESSION, ServerError),
        (302, Subject.SESSION, UnexpectedAnswerError),
    ],
)
def test_http_statuses(status: int, subject: Subject, kind: type[NemoVideoError]) -> None:
    for body in (b"", b'{"detail":"no"}'):
        error = error_of(Answer(status, body), subject)
        assert (type(error), error.code) == (kind, status)
    page = error_of(Answer(status, b"<html>no</html>"), subject)
    # What a proxy or a firewall answers as well is not the backend's word.
    is_unclear = status in {403, 404} and kind is not BackendError
    assert (type(page), page.code) == (UnexpectedAnswerError if is_unclear else kind, status)


@pytest.mark.parametrize("code", [0, "0", 200, "200", None, True, "success", 0.5])
def test_codes_that_say_no_error(code: object) -> None:
    assert data_of(answer(200, {"code": code, "data": {"a": 1}}), Subject.SESSION) == {"a": 1}


def test_only_a_503_with_retry_after_was_provably_not_taken() -> None:
    assert error_of(answer(503, {}, "5")).refused
    assert not error_of(answer(503, {})).refused
    assert not error_of(answer(502, {}, "5")).refused


def test_fields_of_a_render_may_stand_beside_the_envelope_or_in_it() -> None:
    body = {"code": 0, "status": "completed", "data": {"outputUrl": "u"}}
    read = data_of(answer(200, body), Subject.RENDER)
    assert (read["status"], read["outputUrl"]) == ("completed", "u")


def test_a_code_of_the_backends_own_wins_over_the_status() -> None:
    assert isinstance(error_of(answer(400, {"code": 2001})), OutOfCreditsError)
    assert isinstance(error_of(answer(500, {"code": 77})), ServerError)


@pytest.mark.parametrize(
    "body", [b"<html>", b"", b"[]", b"\xff", b"[" * 100_000, b'{"success":false}', b'{"error":"no"}']
)
def test_what_cannot_be_read_under_http_200(body: bytes) -> None:
    assert isinstance(error_of(Answer(200, body)), UnexpectedAnswerError)


def test_a_failed_render_is_data() -> None:
    body = {"status": "failed", "error": "out of memory"}
    assert data_of(answer(200, body), Subject.RENDER) == body


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"message": "m", "detail": "d"}, "The backend said: m (HTTP 418)"),
        ({"error": {"message": "e"}}, "The backend said: e (HTTP 418)"),
        ({"error": "e"}, "The backend said: e (HTTP 418)"),
        ({"detail": "d"}, "The backend said: d (HTTP 418)"),
        ({}, "The backend rejected the request without a reason. (HTTP 418)"),
    ],
)
def test_the_backends_words(body: object, message: str) -> None:
    assert str(error_of(answer(418, body))) == message


def test_advice_on_credits_differs_for_anonymous_tokens() -> None:
    registered = error_of(answer(200, {"code": 2001}))
    anonymous = error_of(answer(200, {"code": 2001}), token="nmv_usr_1")

    assert registered.advice == "Top up credits in your account."
    assert anonymous.advice == f"Register to get more credits: {LINK}"


@pytest.mark.parametrize(
    ("retry_after", "seconds"),
    [(None, 30), ("", 30), ("5", 5), ("3600", 30), ("soon", 30), ("-1", 30), ("nan", 30)],
)
def test_retry_after_is_honoured_and_capped(retry_after: str | None, seconds: float) -> None:
    error = error_of(answer(429, {}, retry_after))
    assert isinstance(error, RateLimitedError)
    assert error.retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    def seconds(moment: datetime) -> float:
        error = error_of(answer(429, {}, format_datetime(moment, usegmt=True)))
        assert isinstance(error, RateLimitedError)
        return error.retry_after

    assert seconds(datetime.now(UTC) - timedelta(hours=1)) == 0
    assert seconds(datetime.now(UTC) + timedelta(hours=1)) == 30


def test_no_token_is_quoted() -> None:
    said = "bad plain-secret and nmv_usr_x-Y_1, clm_abc, Authorization: Bearer eyJ.a.b"
    error = error_of(answer(400, {"message": said}), token="plain-secret")

    assert str(error) == (
        "The backend said: bad [secret] and [secret], [secret], Authorization: Bearer [secret] (HTTP 400)"
    )
    assert "plain-secret" not in repr(Caller("plain-secret", LINK))


@given(st.text())
def test_quotes_are_short_and_on_one_line(text: str) -> None:
    quoted = quote(text * 20)
    assert len(quoted) <= 300
    assert quoted.isprintable()


@given(st.integers(100, 599), st.binary(max_size=30), st.sampled_from(Subject))
def test_any_answer_is_data_or_the_clients_own_error(status: int, body: bytes, subject: Subject) -> None:
    with suppress(NemoVideoError):
        assert isinstance(data_of(Answer(status, body), subject), dict)


@pytest.mark.parametrize(
    ("said", "remedy"),
    [
        ("“a.mp4” cannot be used: it is incomplete: its end is missing.", "upload it again"),
        ("The file is corrupted", "upload it again"),
        ("“a.bmp” cannot be used.", "one of the accepted formats"),
    ],
)
def test_the_remedy_fits_what_is_wrong_with_a_file(said: str, remedy: str) -> None:
    error = error_of(answer(200, {"code": 4001, "message": said}))
    assert isinstance(error, UnsupportedFileError)
    assert remedy in error.advice
