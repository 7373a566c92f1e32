"""The packed extension against what the Chrome Web Store asks for, and against its own README."""

import json
import re
import zipfile
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extension.pack import SOURCE, pack
from videos.model.records import Status

README = SOURCE.parent.joinpath("README.md").read_text(encoding="utf-8")
LANGUAGES = ("en", "zh_CN")


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with zipfile.ZipFile(pack(tmp_path_factory.mktemp("out"))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture(scope="module")
def manifest(packed: dict[str, bytes]) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(packed["manifest.json"])
    return read


@pytest.fixture(scope="module")
def scripts(packed: dict[str, bytes]) -> dict[str, str]:
    return {name: body.decode() for name, body in packed.items() if name.endswith(".js")}


def _words(packed: dict[str, bytes], language: str) -> dict[str, str]:
    messages = json.loads(packed[f"_locales/{language}/messages.json"])
    return {name: entry["message"] for name, entry in messages.items()}


def test_packing_twice_makes_the_same_archive(tmp_path: Path) -> None:
    assert pack(tmp_path / "a").read_bytes() == pack(tmp_path / "b").read_bytes()


def test_the_archive_holds_what_runs_and_nothing_else(packed: dict[str, bytes]) -> None:
    kinds = {Path(name).suffix for name in packed}
    assert kinds == {".json", ".js", ".html", ".css", ".png"}
    assert not [name for name in packed if name.startswith(".") or "node_modules" in name]
    assert sum(map(len, packed.values())) < 500_000


def test_the_manifest_is_what_the_store_takes(manifest: dict[str, Any], packed: dict[str, bytes]) -> None:
    assert manifest["manifest_version"] == 3
    assert re.fullmatch(r"\d{1,5}(\.\d{1,5}){0,3}", manifest["version"])
    assert len(manifest["short_name"]) <= 12
    assert not {"key", "update_url", "externally_connectable", "web_accessible_resources"} & manifest.keys()
    for language in LANGUAGES:
        words = _words(packed, language)
        assert len(words["name"]) <= 75
        assert len(words["description"]) <= 132


def test_icons_have_the_sizes_they_claim(manifest: dict[str, Any], packed: dict[str, bytes]) -> None:
    assert set(manifest["icons"]) >= {"16", "32", "48", "128"}
    for size, path in manifest["icons"].items():
        icon = Image.open(BytesIO(packed[path]))
        assert (icon.format, icon.size) == ("PNG", (int(size), int(size)))
    large = Image.open(BytesIO(packed[manifest["icons"]["128"]])).convert("RGBA")
    assert large.getchannel("A").getbbox() == (16, 16, 112, 112), "the store wants a margin of 16 pixels"


def test_what_the_manifest_and_the_pages_name_is_there(
    manifest: dict[str, Any], packed: dict[str, bytes], scripts: dict[str, str]
) -> None:
    named = {
        manifest["action"]["default_popup"],
        manifest["options_ui"]["page"],
        manifest["background"]["service_worker"],
        *manifest["action"]["default_icon"].values(),
    }
    for page in (name for name in packed if name.endswith(".html")):
        named |= set(re.findall(r'(?:src|href)="([^"]+)"', packed[page].decode()))
    for name, text in scripts.items():
        for imported in re.findall(r'from "(\.[^"]+)"', text):
            named.add((SOURCE / name).parent.joinpath(imported).resolve().relative_to(SOURCE).as_posix())
    assert named <= packed.keys()


class _Scripts(HTMLParser):
    """Every script of a page, and every attribute that runs."""

    def __init__(self) -> None:
        super().__init__()
        self.sources: list[str | None] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "script":
            self.sources.append(dict(attrs).get("src"))
        self.inline += [
            name for name, value in attrs if name.startswith("on") or "javascript:" in (value or "")
        ]


UNSAFE = re.compile(
    r"\beval\(|new Function|import\(|importScripts|innerHTML|document\.write"
    r"""|set(?:Timeout|Interval)\(\s*['"`]"""
)


def test_all_code_is_in_the_archive(
    manifest: dict[str, Any], packed: dict[str, bytes], scripts: dict[str, str]
) -> None:
    for page in (name for name in packed if name.endswith(".html")):
        parser = _Scripts()
        parser.feed(packed[page].decode())
        assert parser.inline == []
        assert all(source in packed for source in parser.sources)
    for name, text in scripts.items():
        assert not re.search(
            r"\beval\(|new Function|import\(|importScripts|innerHTML|document\.write", text
        ), name
        assert not re.search(r"set(?:Timeout|Interval)\(\s*['\"`]", text), name
        hosts = set(re.findall(r"https?://([\w.-]+)", text))
        assert hosts <= {"drawer.invalid", "chrome.google.com"}, f"{name} names hosts"
    policy = manifest["content_security_policy"]["extension_pages"]
    directives = dict(directive.split(" ", 1) for directive in policy.split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == "'self'"


def test_nothing_is_logged_and_nobody_is_counted(scripts: dict[str, str]) -> None:
    for name, text in scripts.items():
        assert not re.search(r"\bconsole\.|sendBeacon|analytics|gtag", text), name


APIS = {
    "activeTab": r"captureVisibleTab",
    "alarms": r"chrome\.alarms",
    "contextMenus": r"chrome\.contextMenus",
    "notifications": r"chrome\.notifications",
    "scripting": r"chrome\.scripting",
    "storage": r"chrome\.storage",
}


def test_every_permission_is_used_and_explained(manifest: dict[str, Any], scripts: dict[str, str]) -> None:
    code = "\n".join(scripts.values())
    assert set(manifest["permissions"]) == set(APIS)
    for permission, use in APIS.items():
        assert re.search(use, code)
        assert re.search(rf"^\| `{permission}` \| \w.{{20,}}", README, re.MULTILINE), permission
    used = set(re.findall(r"(?<!/)chrome\.(\w+)\.", code))
    free = {"action", "commands", "dom", "i18n", "permissions", "runtime", "tabs"}
    assert used <= {*APIS, *free}, "nothing is used that has not been asked for"


def test_no_host_is_reached_before_it_is_asked_for(manifest: dict[str, Any]) -> None:
    assert "host_permissions" not in manifest
    assert "content_scripts" not in manifest
    assert manifest["optional_host_permissions"] == [
        "https://*/*",
        "http://localhost/*",
        "http://127.0.0.1/*",
    ]


def test_the_store_is_told_purpose_and_privacy() -> None:
    for heading in ("## Single purpose", "## Permissions", "## Privacy"):
        assert heading in README


def test_both_languages_say_everything_and_nothing_more(
    packed: dict[str, bytes], scripts: dict[str, str]
) -> None:
    english, chinese = (_words(packed, language) for language in LANGUAGES)
    assert english.keys() == chinese.keys()
    for name, text in english.items():
        assert re.findall(r"\$\w+\$", text) == re.findall(r"\$\w+\$", chinese[name]), name
    pages = "\n".join(
        body.decode() for name, body in packed.items() if name.endswith((".html", "manifest.json"))
    )
    code = "\n".join(scripts.values())
    named = set(re.findall(r'data-(?:text|title|aria-label|placeholder|suggestion)="(\w+)"', pages))
    named |= set(re.findall(r"__MSG_(\w+)__", pages))
    named |= set(re.findall(r'\bt\("(\w+)"', code))
    kinds = _members("lib/api.js", "Kind") + _members("lib/cards.js", "CaptureProblem")
    actions = _members("ui/card-view.js", "Action")
    statuses = _members("lib/api.js", "Status")
    named |= {f"trouble_{kind}" for kind in kinds}
    named |= {*actions, *(f"{action}_of" for action in actions), "edit_label", "answer_label"}
    named |= {f"status_{status}" for status in (*statuses, "refused")}
    named |= {f"stage_{stage}" for stage in ("capturing", "sending", "waiting")}
    named |= {f"notify_{status}" for status in ("ready", "failed", "needs_answer")}
    assert named == set(english)


def test_it_knows_every_status_that_a_video_may_have() -> None:
    assert set(_members("lib/api.js", "Status")) == set(Status)


def _members(path: str, name: str) -> list[str]:
    """The strings of a union."""
    text = SOURCE.joinpath(path).read_text(encoding="utf-8")
    found = re.search(rf"\{{([^{{}}]*)\}} {name}\b", text)
    assert found, name
    return re.findall(r'"(\w+)"', found[1])
