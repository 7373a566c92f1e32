"""An address that turns us away is a warning; one that is forbidden, or where nothing is, is refused."""

import importlib

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from tests.unit.handlers.conftest import World
from tests.unit.handlers.http_calls import call, content
from tests.unit.videos.samples import DROP, JOB, a_turn, a_video
from videos.media import WebAddress
from web.errors import ForbiddenAddressError, NotThereError, TooLargeError, UnreachableError, UrlError

URL = "https://example.com/kettle?token=hush"
BLOCKED = UnreachableError("example.com answers with HTTP 403.")
WARNING = (
    "The address could not be checked: example.com answers with HTTP 403. "
    "The video service tries it all the same."
)


def _answers(monkeypatch: pytest.MonkeyPatch, error: UrlError) -> None:
    def probe(*_: object, contact: str) -> str:
        assert contact == "https://contact.example/"
        raise error

    monkeypatch.setattr("web.client.probe", probe)


def test_a_request_for_a_page_that_turns_us_away_is_accepted_with_a_warning(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, BLOCKED)
    said = content(call(context, "POST", "/v1/videos", {"instruction": "Show it.", "url": URL}), 202)
    assert [line["message"] for line in said["history"]] == ["Accepted.", WARNING]
    (job,) = world.workflow.started
    assert world.store.video(job.video_id).media == (WebAddress(url=URL),)


def test_a_dropped_link_to_such_a_page_goes_on_and_warns_once(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, BLOCKED)
    world.inbox.bodies[DROP.file.key] = b"1"
    changes = {"dropped": DROP, "media": (WebAddress(url=URL),), "uploaded": None}
    world.store.create(a_video().model_copy(update=changes), a_turn())
    handler = importlib.import_module("handlers.inspect_media").handler
    for _ in range(2):
        assert handler(JOB.model_dump(), context)["verdict"] == "usable"
    history = world.store.video(JOB.video_id).history
    assert [line.message for line in history if line.message == WARNING] == [WARNING]


@pytest.mark.parametrize(
    "error",
    [
        NotThereError("example.com answers with HTTP 404."),
        NotThereError("There is no host named example.com."),
        ForbiddenAddressError("example.com leads to a private network."),
        TooLargeError("It is too large."),
    ],
)
def test_what_is_forbidden_or_not_there_is_refused(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch, error: UrlError
) -> None:
    _answers(monkeypatch, error)
    answer = call(context, "POST", "/v1/videos", {"instruction": "Show it.", "url": URL})
    assert answer["statusCode"] == 422
    assert str(error) in answer["body"]
    assert world.workflow.started == []
