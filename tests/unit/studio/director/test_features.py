# ruff: noqa: RUF001 - Chinese punctuation
"""Everything that an instruction asks for is in the video, or is named as not done."""

import asyncio
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.phrases import translate
from studio.agent import replies
from studio.agent.conversation import Agent
from studio.director.direct import directed
from studio.director.edits import Edited, edit
from studio.director.features import Feature, features
from studio.director.language import read_instruction
from studio.director.not_done import listed, name_of
from studio.director.understand import understand
from studio.draft import Draft
from studio.media.items import Media
from tests.unit.studio.agent.test_conversation import account, said, session, settings
from tests.unit.studio.director.test_understanding import labelled
from tests.unit.studio.runners import here

TABLE = labelled("features.tsv")
LINE = re.compile(r"(?:^|\n)Not done: (.+)\.$", re.MULTILINE)


def label(feature: Feature) -> str:
    place = f"@{feature.place}" if feature.place else ""
    return " ".join(part for part in (feature.kind, feature.value, place) if part)


def made(instruction: str, media: list[Media]) -> tuple[Draft, str]:
    """The draft of an instruction, and what the agent says of it."""
    result = directed(read_instruction(instruction), media)
    assert result is not None
    return result.draft, replies.generated(result.draft, result.not_done, chinese=False)


@pytest.mark.parametrize(("instruction", "expected"), TABLE)
def test_what_an_instruction_asks_for(instruction: str, expected: str) -> None:
    assert " | ".join(map(label, features(instruction))) == expected


@given(
    st.lists(
        st.sampled_from([row for row in TABLE if row[1] and row[0].isascii() and '"' not in row[0]]),
        min_size=1,
        max_size=6,
    ),
    st.sampled_from([". ", "\n", "! ", ".\n"]),
)
def test_sentences_beside_each_other_hide_nothing(rows: list[tuple[str, str]], between: str) -> None:
    found = " | ".join(map(label, features(between.join(row[0].rstrip(".") for row in rows))))
    for _, expected in rows:
        for one in expected.split(" | "):
            assert one in found


@given(st.text(max_size=200))
def test_any_text_can_be_read_and_its_features_be_named(text: str) -> None:
    for feature in features(text):
        told = name_of(feature)
        assert told.english.strip()
        assert told.chinese.strip()


def test_the_reply_names_what_the_video_lacks(photo: Media) -> None:
    _, reply = made("make a video with confetti, use Nike's song, add my voice", [photo])
    assert LINE.search(reply)
    assert reply.endswith("\nNot done: “confetti”, Nike's song, your own voice.")


@pytest.mark.parametrize(
    "instruction", ["make a 10 second video", 'a calm vertical video with the title "Halden", no music']
)
def test_a_reply_to_what_is_all_done_names_nothing(photo: Media, instruction: str) -> None:
    assert not LINE.search(made(instruction, [photo])[1])


@pytest.mark.parametrize(
    ("instruction", "chinese"),
    [("加上二维码", True), ("ロゴを右上に入れて", False), ("字幕を追加", False), ("add a logo", False)],
)
def test_japanese_is_not_answered_in_chinese(instruction: str, *, chinese: bool) -> None:
    assert read_instruction(instruction).chinese is chinese


def test_what_follows_the_first_step_is_named_too(photo: Media) -> None:
    _, reply = made("One after the other:\n1. make a video\n2. add confetti\n3. make it shorter", [photo])
    assert "confetti" in LINE.findall(reply)[0]


@pytest.mark.parametrize(
    ("instruction", "named"),
    [
        ("make a 10 minute video", "a length of 600 seconds"),
        ("做一个视频，标题“春茶”，加上旁白", "a voice-over"),
    ],
)
def test_what_is_beyond_the_studio_is_named(photo: Media, instruction: str, named: str) -> None:
    assert named in LINE.findall(made(instruction, [photo])[1])[0]


@pytest.mark.parametrize("instruction", [row[0] for row in TABLE if row[1]])
def test_the_line_is_not_taken_for_a_step_in_an_editor(instruction: str) -> None:
    line = listed([name_of(feature) for feature in features(instruction)], chinese=False)
    told = translate(f"Your video is ready. Click the Export button to download.\n{line}").text
    assert told == f"Your video is ready.\n{line}"


@pytest.mark.parametrize(
    ("instruction", "named"),
    [
        ("make it shorter and add confetti", "confetti"),
        ("make it shorter and use Nike's song", "Nike's song"),
        ("make it shorter, add our logo top right", "a logo top right"),
        ("make it shorter, use the Papyrus font", "the Papyrus font (fonts: Inter, Lora,"),
    ],
)
def test_an_edit_names_what_it_does_not_do(photo: Media, instruction: str, named: str) -> None:
    draft, _ = made("make a video", [photo])
    edited = edit(draft, instruction)
    assert isinstance(edited, Edited)
    assert len(edited.changes) == 1
    assert named in replies.edited(edited, chinese=False)
    assert not understand(instruction, draft, [photo], directed=1).is_complete


def test_no_edit_is_silent_about_what_it_did_not_do(photo: Media) -> None:
    async def run() -> list[str]:
        agent, project, payer = (
            Agent(settings(), here),
            session(photo),
            account(),
        )
        await said(agent, project, payer, "make a video")
        turns = [
            await said(agent, project, payer, f"make it {9 + n % 2} seconds, add our logo") for n in range(12)
        ]
        return [str(event["content"]) for turn in turns for event in turn if event["type"] == "text"]

    told = asyncio.run(run())
    assert len(told) == 12
    assert all("Not done: a logo." in reply for reply in told)
