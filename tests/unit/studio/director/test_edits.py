from typing import Any

import pytest

from studio.director.direct import direct
from studio.director.edits import Edited, NotEdited, edit
from studio.director.language import read_instruction
from studio.draft import Draft, Role
from studio.media.items import Media


@pytest.fixture
def draft(photo: Media, screenshot: Media) -> Draft:
    made = direct(read_instruction('a 10 second video "Big news"'), [photo, screenshot])
    assert made is not None
    return made


def edited(draft: Draft, instruction: str) -> Draft:
    result = edit(draft, instruction)
    assert isinstance(result, Edited)
    return result.draft


def parts(draft: Draft) -> dict[str, Any]:
    wire = draft.to_wire()
    kinds = {str(kind): [track["sg"] for track in wire["t"] if track["tt"] == kind] for kind in (0, 1, 7)}
    return {"canvas": wire["m"], "length": wire["d"]} | kinds


def changed(before: Draft, after: Draft) -> set[str]:
    """Which parts of the draft differ: canvas, length, 0 pictures, 1 sound, 7 texts."""
    old, new = parts(before), parts(after)
    return {part for part in old if old[part] != new[part]}


@pytest.mark.parametrize(
    ("instruction", "part"),
    [
        ('change the title to "Even bigger news"', "7"),
        ("把标题改成“大新闻”", "7"),
        ("make the title bigger", "7"),
        ("标题小一点", "7"),
        ("make the title yellow", "7"),
        ("show the title for 2 seconds", "7"),
        ("remove the title", "7"),
        ("remove the music", "1"),
        ("make the music quieter", "canvas"),
        ("set the music to 20%", "canvas"),
        ("use calm music", "1"),
        ("make it vertical", "canvas"),
    ],
)
def test_an_edit_changes_what_it_says_and_nothing_else(draft: Draft, instruction: str, part: str) -> None:
    before = draft.to_wire()
    assert changed(draft, edited(draft, instruction)) == {part}
    assert draft.to_wire() == before


@pytest.mark.parametrize(
    ("instruction", "seconds"),
    [
        ("make it shorter", 7),
        ("make it longer", 14),
        ("make it 12 seconds", 12),
        ("make it 2 seconds shorter", 8),
        ("trim it by 3 seconds", 7),
        ("shorten it to 5 seconds", 5),
        ("短一点", 7),
        ("改成15秒", 15),
    ],
)
def test_the_length_changes_with_everything_in_its_place(
    draft: Draft, instruction: str, seconds: int
) -> None:
    after = edited(draft, instruction)
    assert after.duration == 1000 * seconds
    assert [shot.meta for shot in after.shots] == [shot.meta for shot in draft.shots]
    assert after.shots[0].end == after.shots[1].start
    assert after.shots[-1].end == after.sounds[0].end == after.duration
    assert after.captions[0].end <= after.duration


def test_a_title_is_added_where_there_was_none(draft: Draft) -> None:
    bare = edited(draft, "no title")
    titled = edited(bare, "add the title 'Urban Dreams'")
    assert [(c.meta.text, c.meta.role) for c in titled.captions] == [("Urban Dreams", Role.TITLE)]


def test_music_comes_back(draft: Draft) -> None:
    silent = edited(draft, "without music")
    assert silent.sounds == []
    assert [sound.meta.name for sound in edited(silent, "add upbeat music").sounds] == ["Upbeat"]


def test_the_quoted_text_is_the_one_resized(draft: Draft) -> None:
    after = edited(draft, 'make the words "Big news" bigger')
    assert after.captions[0].meta.text == "Big news"
    assert after.captions[0].meta.size > draft.captions[0].meta.size


@pytest.mark.parametrize("instruction", ["make it pop", "hello", "导出", "what can you do?"])
def test_what_is_not_understood_is_not_guessed(draft: Draft, instruction: str) -> None:
    assert edit(draft, instruction) == NotEdited()


def test_several_wishes_in_one_sentence(draft: Draft) -> None:
    after = edited(draft, "make the title bigger, the music calm, and make it vertical")
    assert changed(draft, after) == {"7", "1", "canvas"}


def test_beside_another_sound_the_musics_share_changes(draft: Draft) -> None:
    spoken = edited(draft, 'add a voice-over saying "Good evening"')
    assert changed(spoken, edited(spoken, "make the music quieter")) == {"1"}


@pytest.mark.parametrize("instruction", ["make the title bigger", "把标题放大"])
def test_a_title_that_is_not_there_cannot_be_made_bigger(draft: Draft, instruction: str) -> None:
    bare = edited(draft, "no title")
    refused = edit(bare, instruction)
    assert isinstance(refused, NotEdited)
    assert [(said.english, said.chinese) for said in refused.refusals] == [
        ("the video has no title", "视频里没有标题")
    ]


def test_what_could_be_done_is_done_and_the_rest_is_told(draft: Draft) -> None:
    result = edit(draft, "make it shorter, add a unicorn and make the lower third bigger")
    assert isinstance(result, Edited)
    assert result.draft.duration < draft.duration
    assert list(result.unclear) == ["add a unicorn"]
    assert [said.english for said in result.refusals] == ["the video has no lower third"]


def test_what_is_to_be_kept_is_not_touched(draft: Draft) -> None:
    assert changed(draft, edited(draft, "keep the title but make the music calm")) == {"1"}
