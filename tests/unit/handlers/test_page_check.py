"""An address that turns us away is a warning; one that is forbidden, or where nothing is, is refused."""

import importlib
import socket

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from safe_http.client import probe
from safe_http.errors import ForbiddenAddressError, NotThereError, TooLargeError, UnreachableError, UrlError
from safe_http.guard import Guard
from tests.support.builders import DROP, REF, a_version, a_video
from tests.unit.handlers.conftest import World, takes_media
from tests.unit.handlers.http_calls import call, content, problem
from videos.model.media import WebAddress

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

    monkeypatch.setattr("safe_http.client.probe", probe)


def test_a_request_for_a_page_that_turns_us_away_is_accepted_with_a_warning(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, BLOCKED)
    said = content(call(context, "POST", "/v1/videos", {"instruction": "Show it.", "url": URL}), 202)
    assert [line["message"] for line in said["history"]] == ["Accepted.", WARNING]
    (ref,) = world.workflow.started
    assert world.store.video(ref.video_id).media == (WebAddress(url=URL),)


def test_an_address_that_redirects_is_kept_as_it_was_given(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Shops redirect to another signed address each time: the repeated request is still the same one."""
    signatures = iter("ab")
    monkeypatch.setattr(
        "safe_http.client.probe", lambda *_, **__: f"https://cdn.example/?sig={next(signatures)}"
    )
    given = {"instruction": "Show it.", "url": "https://example.com/kettle"}
    said = [content(call(context, "POST", "/v1/videos", given), 202) for _ in range(2)]
    assert said[0]["id"] == said[1]["id"]
    assert world.store.video(said[0]["id"]).media == (WebAddress(url=given["url"]),)


@pytest.mark.parametrize("url", ["http://xn--/", "HTTP://XN--/", "https://shop.xn--a.example/kettle"])
@pytest.mark.parametrize("field", ["url", "callback_url"])
@pytest.mark.usefixtures("world")
def test_an_address_whose_name_is_invalid_is_refused_by_its_field(
    context: LambdaContext, monkeypatch: pytest.MonkeyPatch, field: str, url: str
) -> None:
    monkeypatch.setattr("safe_http.client.probe", probe)  # the real one: it is refused before any connection
    answer = call(context, "POST", "/v1/videos", {"instruction": "Show it.", field: url})
    assert problem(answer, 422, "invalid-request")["field"] == field


@pytest.mark.parametrize("url", ["www.example.com/kettle", " WWW.example.com", "example.com/kettle"])
@pytest.mark.usefixtures("world")
def test_an_address_may_come_without_its_scheme(context: LambdaContext, url: str) -> None:
    given = {"instruction": "Show it.", "url": url}
    answer = call(context, "POST", "/v1/videos", given)
    assert "Only http" not in answer["body"]
    assert answer["statusCode"] == (202 if url.startswith("example") else 422), "there is no such host"


def test_a_redirect_to_a_site_that_the_service_does_not_take_is_refused(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safe_http.client.probe", lambda *_, **__: "https://www.youtube.com/watch?v=a")
    answer = call(context, "POST", "/v1/videos", {"instruction": "Show it.", "url": "https://example.com/a"})
    assert answer["statusCode"] == 422
    assert "does not take addresses of YouTube" in answer["body"]
    assert world.workflow.started == []


def test_a_dropped_link_to_such_a_page_goes_on_and_warns_once(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    _answers(monkeypatch, BLOCKED)
    takes_media(world)
    world.inbox.bodies[DROP.file.key] = b"1"
    changes = {"dropped": DROP, "media": (WebAddress(url=URL),), "uploaded": None}
    world.store.create(a_video().model_copy(update=changes), a_version())
    handler = importlib.import_module("handlers.workflow.prepare").handler
    for _ in range(2):
        assert handler(REF.model_dump(), context)["next"] == "generate"
    history = world.store.video(REF.video_id).history
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


def test_a_callback_whose_host_cannot_be_looked_up_now_is_accepted(
    world: World, context: LambdaContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is looked up again when it is called, which is repeated for a day."""

    def fails(*_: object) -> list[str]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr("handlers.wiring.guard", lambda: Guard(fails))
    given = {"instruction": "Show it.", "url": URL, "callback_url": "https://hooks.example/a"}
    said = content(call(context, "POST", "/v1/videos", given), 202)
    assert "example.com cannot be looked up now." in said["history"][1]["message"]
    video = world.store.video(said["id"])
    assert video.webhook is not None
    assert video.webhook.url == "https://hooks.example/a"
    answer = call(context, "POST", "/v1/videos", given | {"callback_url": "https://me:hush@hooks.example/a"})
    assert answer["statusCode"] == 422
