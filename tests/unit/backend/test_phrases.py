from pathlib import Path

import pytest

from backend.phrases import GuiAction, Translation, translate

# What the agent says, what a person may read of it, and the actions.
LABELLED = [
    (said, text, tuple(GuiAction(action) for action in actions.split()))
    for said, text, actions in (
        line.split("\t") for line in Path(__file__).with_name("phrases.tsv").read_text("utf-8").splitlines()
    )
]
SUMMARY = 'Timeline (1 track): 1. Title: "Click here" (0-3s)'


@pytest.mark.parametrize(("said", "text", "actions"), LABELLED)
def test_labelled_sentence(said: str, text: str, actions: tuple[GuiAction, ...]) -> None:
    assert translate(said) == Translation(text, actions)


def test_the_labelled_set_holds_every_action_and_as_much_content() -> None:
    assert {action for _, _, actions in LABELLED for action in actions} == set(GuiAction)
    assert sum(said == text for said, text, _ in LABELLED) >= 40


@pytest.mark.parametrize(("said", "text"), [(said, text) for said, text, _ in LABELLED])
def test_what_is_left_needs_no_further_translation(said: str, text: str) -> None:
    assert translate(translate(said).text) == Translation(text, ())


def test_content_stays_word_for_word() -> None:
    content = "\n".join(said for said, text, _ in LABELLED if said == text)
    assert translate(content) == Translation(content, ())


def test_preview_becomes_the_track_summary() -> None:
    said = "The intro is slower. Preview it in the timeline. Enjoy!"
    assert translate(said, track_summary=SUMMARY) == Translation(
        f"The intro is slower. {SUMMARY} Enjoy!", (GuiAction.PREVIEW,)
    )


def test_track_summary_is_shown_once() -> None:
    said = "Preview it in the timeline.\nYou can preview it in the timeline again."
    assert translate(said, track_summary=SUMMARY) == Translation(SUMMARY, (GuiAction.PREVIEW,))


def test_track_summary_is_not_shown_unasked() -> None:
    assert translate("Click Export.", track_summary=SUMMARY) == Translation("", (GuiAction.EXPORT,))


def test_items_of_a_list_go_one_by_one() -> None:
    said = "Next:\n1. Click Export\n2. The title fades in\n- Open the Media panel\n\nDone."
    assert translate(said) == Translation(
        "Next:\n2. The title fades in\n\nDone.", (GuiAction.EXPORT, GuiAction.OPEN)
    )


def test_instruction_in_emphasis_and_full_width() -> None:
    said = "**Click** the *Export* button\N{FULLWIDTH EXCLAMATION MARK}"
    assert translate(said) == Translation("", (GuiAction.EXPORT,))


def test_several_instructions_in_one_sentence() -> None:
    said = "Your cut is ready, so drag the clip to the start, preview it and click Export."
    assert translate(said) == Translation(
        "Your cut is ready.", (GuiAction.DRAG, GuiAction.PREVIEW, GuiAction.EXPORT)
    )


@pytest.mark.parametrize("text", ["", " ", "\n\n", "👍", "…", '"', "1.", "<>", "\0"])
def test_text_without_sentences(text: str) -> None:
    assert translate(text) == Translation(text.strip(), ())
