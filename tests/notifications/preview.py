"""`python -m tests.notifications.preview`: each kind of notification as page and picture, to be looked at.

With `--golden` the files are written that the tests compare with; look at the difference before you keep it.
With `--sample` the picture of docs/notifications.md is written.
"""

import argparse
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader
from PIL import Image
from playwright.sync_api import sync_playwright

from notifications import discord, teams
from notifications.mail import mail_of
from notifications.notice import Notice, notice_of
from notifications.slack import slack_message_of
from tests.browsers import find_browser, required
from tests.conftest import NAMES
from tests.notifications.channels import files_of, files_of_mail
from tests.notifications.samples import URL, announcements, sign_in_mails
from videos.events.announcements import Announcement, VideoProgress

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
SAMPLE = HERE.parents[1] / "docs" / "sample" / "notifications.png"
FONT = HERE.parents[1] / "studio" / "fonts" / "NotoColorEmoji-subset.ttf"
EMOJI = f"""
@font-face {{ font-family: Marks; src: url("{FONT.as_uri()}"); unicode-range: U+2300-2BFF; }}
h1, b, p, span {{ font-family: Marks, "Noto Sans", system-ui, sans-serif !important; }}
"""
"""The marks of messages, for machines whose fonts lack them."""
POSTER = HERE.parents[1] / "docs" / "sample" / "poster.jpg"
WIDTHS = (400, 800)


def main() -> None:
    """Write the pages and, where there is a browser, the pictures."""
    parser = argparse.ArgumentParser(prog="python -m tests.notifications.preview", description=__doc__)
    parser.add_argument("--golden", action="store_true", help="write the golden files instead")
    parser.add_argument("--out", type=Path, default=Path("out/notifications"))
    parser.add_argument("--sample", action="store_true", help="write docs/sample/notifications.png instead")
    options = parser.parse_args()
    if options.golden:
        write_golden()
        return
    if options.sample:
        _write_sample(required(find_browser(*NAMES)))
        return
    shutil.rmtree(options.out, ignore_errors=True)
    pages = [page for name, kind in announcements().items() for page in _pages(options.out / name, kind)]
    for name, mail in sign_in_mails().items():
        pages.append(options.out / name / "mail.html")
        pages[-1].parent.mkdir(parents=True)
        pages[-1].write_text(mail.html, encoding="utf-8")
    browser = find_browser(*NAMES)
    if browser is None:
        raise SystemExit(
            f"{len(pages)} pages: {options.out}\n"
            "Their pictures take a browser: put Chromium on the PATH, or its path into CHROMIUM."
        )
    _photograph(pages, browser)
    sys.stdout.write(f"{len(pages)} pages and their pictures: {options.out}\n")


def write_golden() -> None:
    """What the channels get now becomes what they shall get."""
    shutil.rmtree(GOLDEN, ignore_errors=True)
    for name, announcement in announcements().items():
        folder = GOLDEN / name
        folder.mkdir(parents=True)
        for file, content in files_of(announcement).items():
            (folder / file).write_text(content, encoding="utf-8")
    for name, mail in sign_in_mails().items():
        folder = GOLDEN / name
        folder.mkdir(parents=True)
        for file, content in files_of_mail(mail).items():
            (folder / file).write_text(content, encoding="utf-8")


def _pages(folder: Path, announcement: Announcement) -> list[Path]:
    folder.mkdir(parents=True)
    notice = notice_of(announcement)
    chats = []
    for name, page in as_chats_show(notice).items():
        chats.append(folder / f"{name}.html")
        chats[-1].write_text(page, encoding="utf-8")
    if isinstance(announcement, VideoProgress):
        return chats
    mail = folder / "mail.html"
    mail.write_text(mail_of(notice).html, encoding="utf-8")
    (folder / "mail.txt").write_text(files_of(announcement)["mail.txt"], encoding="utf-8")
    return [mail, *chats]


def as_chats_show(notice: Notice) -> dict[str, str]:
    """Pages that look much as each chat does, by its name."""
    environment = Environment(loader=FileSystemLoader(HERE), autoescape=True)
    messages: dict[str, dict[str, Any]] = {
        "slack": {"blocks": slack_message_of(notice).blocks},
        "teams": {"card": teams.posting_of(notice).body["attachments"][0]["content"]},
        "discord": {"message": discord.posting_of(notice).body, "shown": _as_discord_shows},
    }
    return {
        name: environment.get_template(f"{name}.html").render(message) for name, message in messages.items()
    }


def _as_discord_shows(text: str) -> str:
    """Without the marks of bold text and the backslashes that stand before punctuation."""
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)\*\*", "", text))


def _write_sample(browser_path: str) -> None:
    """Photograph a mail, and one message of each chat, side by side."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        names = [
            page.name for page in _pages(folder / "ready", announcements()["ready"]) if page.suffix == ".html"
        ]
        page = folder / "ready" / "sample.html"
        environment = Environment(loader=FileSystemLoader(HERE), autoescape=True)
        page.write_text(environment.get_template("sample.html").render(pages=names), encoding="utf-8")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=browser_path, args=["--allow-file-access-from-files"]
            )
            tab = browser.new_page(viewport={"width": 1240, "height": 700})
            tab.route(f"{URL}/**", lambda route: route.fulfill(path=POSTER))
            tab.goto(page.as_uri())
            for frame in tab.frames:
                frame.add_style_tag(content=EMOJI)
                frame.evaluate("document.fonts.ready")
            tab.evaluate("fit()")
            seen = Image.open(io.BytesIO(tab.screenshot(full_page=True)))
            seen.convert("RGB").quantize(256).save(SAMPLE, optimize=True)
            browser.close()


def _photograph(pages: list[Path], browser_path: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path)
        for width in WIDTHS:
            tab = browser.new_page(viewport={"width": width, "height": 600})
            tab.route(f"{URL}/**", lambda route: route.fulfill(path=POSTER))
            for page in pages:
                tab.goto(page.resolve().as_uri())
                tab.screenshot(path=page.with_name(f"{page.stem}-{width}.png"), full_page=True)
        browser.close()


if __name__ == "__main__":
    main()
