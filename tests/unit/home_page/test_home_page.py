"""The home page: what the browser may do on it, and what its script does not do."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from http import HTTPStatus
from pathlib import Path

import pytest

from home_page import page
from home_page.page import home_page
from watch_page.rendering import HtmlPage

HERE = Path(page.__file__).parent
SCRIPTS = sorted(HERE.glob("*.js"))


@pytest.fixture(name="home")
def _home() -> HtmlPage:
    return home_page(
        files_origin="https://videos.s3.example", uploads_origin="https://inbox.s3.example", mails_links=True
    )


class _Elements(HTMLParser):
    def __init__(self, body: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(body)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_the_browser_runs_our_own_script_and_talks_to_this_address_and_the_bucket(home: HtmlPage) -> None:
    directives = (part.partition(" ") for part in home.headers["Content-Security-Policy"].split("; "))
    policy = {name: value for name, _, value in directives}
    assert policy == {
        "default-src": "'none'",
        "script-src": _digest(home, "script"),
        "style-src": _digest(home, "style"),
        "connect-src": "'self' https://inbox.s3.example",
        "img-src": "'self' data: https://videos.s3.example",
        "require-trusted-types-for": "'script'",
        "form-action": "'none'",
        "base-uri": "'none'",
        "frame-ancestors": "'none'",
    }


def test_it_is_not_kept_and_tells_nobody_its_address(home: HtmlPage) -> None:
    assert home.status is HTTPStatus.OK
    assert home.headers["Cache-Control"] == "no-store"
    assert home.headers["Referrer-Policy"] == "no-referrer"
    assert home.headers["X-Content-Type-Options"] == "nosniff"
    assert "Set-Cookie" not in home.headers


def test_nothing_on_it_comes_from_elsewhere_or_runs_from_markup(home: HtmlPage) -> None:
    for name, attributes in _Elements(home.body).found:
        assert not [attribute for attribute in attributes if attribute.startswith("on")]
        assert "style" not in attributes
        assert name not in {"iframe", "object", "embed", "base"}
        assert name != "script" or not attributes
        assert not re.match(r"https?:|javascript:", attributes.get("href") or attributes.get("src") or "")


def test_no_form_can_put_the_key_into_an_address(home: HtmlPage) -> None:
    """Not even without its script: a field without a name is not sent."""
    assert "name" not in {
        attribute
        for element, attributes in _Elements(home.body).found
        if element in {"input", "select", "textarea", "button"}
        for attribute in attributes
    }


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_a_script_writes_text_and_no_markup_and_keeps_the_key_in_the_tab(script: Path) -> None:
    source = script.read_text(encoding="utf-8")
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(", source)
    assert not re.search(r"localStorage|document\.cookie|indexedDB|caches\b|history\.", source)
    assert "</script" not in source


def test_every_script_and_style_is_part_of_the_page(home: HtmlPage) -> None:
    assert SCRIPTS
    for file in (*SCRIPTS, HERE / "home.css"):
        assert file.read_text(encoding="utf-8") in home.body


def test_a_link_is_offered_where_one_can_be_mailed(home: HtmlPage) -> None:
    without = home_page(
        files_origin="https://a.example", uploads_origin="https://b.example", mails_links=False
    )
    assert 'id="ask-link"' in home.body
    assert 'id="ask-link"' not in without.body


def _digest(home: HtmlPage, element: str) -> str:
    (source,) = re.findall(f"<{element}>(.*?)</{element}>", home.body, re.DOTALL)
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"
