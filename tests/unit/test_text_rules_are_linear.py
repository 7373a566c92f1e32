# ruff: noqa: RUF001 - quotation marks and Chinese punctuation
"""No rule for text takes more than time in proportion to its length, whatever the text repeats.

Processor time is measured, so that a busy machine changes nothing, and compared as ratios: a rule that is
quadratic takes 64 times as long for 8 times as much.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Final

import pytest

from backend.intents import classify
from backend.languages import language_of
from backend.phrases import translate
from studio.api.requests import Message, Part
from studio.director import writer
from studio.director.edits import edit
from studio.director.features import features
from studio.director.language import read_instruction
from studio.director.material import Material, page_name, readable_name, site_name
from studio.director.quotations import quotations
from studio.director.steps import steps
from studio.director.story import Line, Scene, Story
from studio.draft import Draft, Role
from studio.media.items import Page
from tests.support.selection import mostly_thorough

_SHORTEST: Final = 300
"""Characters; the longest text has 8 times as many."""
_MOST: Final = 3.0
"""How much more than its share a longer text may take."""
_UNMEASURABLE_S: Final = 0.03
_DRAFT: Final = Draft.model_validate(
    {
        "t": [
            {"tt": 0, "sg": [{"s": 0, "d": 2000}, {"s": 2000, "d": 2000}]},
            {"tt": 7, "sg": [{"d": 1000, "m": {"text": "Urban Dreams"}}]},
        ],
        "d": 4000,
    }
)

# Repeated, with nothing that would end them, or with one end for all.
PIECES: Final = [
    '"', "'", "“", "”", "‘", "’", "「", "『", "《", "„", "`", "``", "'a", "a'", " '", "“a", '"a', "‘a’b",
    "(", "[", "{", "<", "<b", "<page>", "<!--", "\\", "/",
    "1", "9.", "1-", "1 ", ",1", ".1", "1:", "1s", "$1", "1%", "第1", "百分之1", "加1",
    " ", "  a", "\t", "\n", "\n ", "\r\n", "- ", "-", "–", "| ", "…", "!", "?!", ".", ". ", "!)", "*", "_",
    "a", "A", "a ", "ab-", "a.", "www.", "http://", "x@", "e.g. ", "ａ", "é", "\u0301", "\u200d", "😀",
    "make a ", "make it ", "make  ", "make me a 1-", "a video ", "video ", "video for ", "for ", "about ",
    "turn this into ", "without ", "no a ", "remove a ", "add 1", "by ", "and ", ", and ", "to ", "thank you",
    "thanks ", "i", "edit", "img", "abcdef", "the first and ", "scene 1 ", 'title "a" ',
    "press ", "and open ", "and press the ", "drag ", ", click ", "you can ", "the ", "export ", "in ",
    "做一个", "视频", "关于", "为", "的", "在", "在点", "，在", "打开", "，打开", "请", "您可以", "点击",
    "，", "。", "、", "第", "去掉", "标题", "谢谢", "请谢谢",
    "step 1\n1. a\n", "1. ", "\0001\0", "R$", "USD ", "30 %",
]  # fmt: skip
ENDS: Final = ["", "z\"”'’」`) video。"]


def _told(text: str) -> Story:
    return Story.model_construct(
        scenes=(Scene.model_construct(lines=(Line.model_construct(role=Role.BODY, text=text),), seconds=2),),
        speech=None,
    )


def _page(title: str) -> Page:
    return Page("https://a.example/", "a.example", title, "", None)


def _claims(text: str) -> None:
    wish = read_instruction("")
    with contextlib.suppress(writer.UnfaithfulStoryError):
        writer._check_claims(_told(text), wish, Material((), ()))  # noqa: SLF001 - reached through a model alone


RULES: Final[dict[str, Callable[[str], object]]] = {
    "what an instruction asks for": read_instruction,
    "what else an instruction asks for": features,
    "an edit": lambda text: edit(_DRAFT, text),
    "quotations": lambda text: list(quotations(text)),
    "numbered steps": steps,
    "the words of a message": lambda text: Message(parts=[Part(text=text)]).text,
    "a file's name": readable_name,
    "a page's name": lambda text: page_name(_page(text)),
    "a site's name": lambda text: site_name(_page(text)),
    "the claims of a story": _claims,
    "what the agent says": translate,
    "what a person wants": classify,
    "the language of an instruction": language_of,
}


def _processor_s(rule: Callable[[str], object], text: str) -> float:
    before = time.process_time()
    rule(text)
    return time.process_time() - before


def _texts(piece: str, end: str) -> Iterator[str]:
    for times in (1, 2, 4, 8):
        yield piece * (times * _SHORTEST // len(piece)) + end


# The rules that have most patterns. They take half a minute.
_LARGEST: Final = {"what an instruction asks for", "an edit"}


@pytest.mark.parametrize("name", mostly_thorough(RULES, quick=RULES.keys() - _LARGEST))
def test_a_longer_text_takes_its_share_longer(name: str) -> None:
    rule = RULES[name]
    slow = []
    for piece in PIECES:
        for end in ENDS:
            shortest, *_, longest = _texts(piece, end)
            took = _processor_s(rule, longest)
            if took < _UNMEASURABLE_S:
                continue
            least = min(_processor_s(rule, shortest) for _ in range(3))
            most = 8 * _MOST * max(least, _UNMEASURABLE_S / 64)
            # Measured again where it matters: the first time may have loaded something.
            if took > most and (took := _processor_s(rule, longest)) > most:
                slow.append((piece, end, round(least, 4), round(took, 4)))
    assert not slow
