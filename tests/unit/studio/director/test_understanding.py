"""What is understood of labelled instructions: of those for a new video, and of those that change one."""

from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import pytest

from studio.director.clauses import clauses
from studio.director.edits import operations
from studio.director.features import Feature
from studio.director.language import Text, read_instruction

FOLDER = Path(__file__).parent


def labelled(name: str) -> list[tuple[str, str]]:
    """Instruction and label of every line of a table."""
    rows = (line.partition("\t") for line in (FOLDER / name).read_text(encoding="utf-8").splitlines())
    return [(instruction, label) for instruction, _, label in rows]


@pytest.mark.parametrize(("instruction", "label"), labelled("wishes.tsv"))
def test_what_a_new_video_is_to_be(instruction: str, label: str) -> None:
    wish = read_instruction(instruction)
    told = {f.name: getattr(wish, f.name) for f in fields(wish) if f.name != "instruction"}
    unlike_default = {name: value for name, value in told.items() if value != type(wish).__dict__[name]}
    assert "; ".join(f"{name}={_short(value)}" for name, value in unlike_default.items()) == label


@pytest.mark.parametrize(("instruction", "label"), labelled("edits.tsv"))
def test_what_is_to_be_changed(instruction: str, label: str) -> None:
    asked = [operation for clause in clauses(instruction) for operation in operations(clause)]
    assert " + ".join(map(_called, asked)) == label


@pytest.mark.parametrize("case", [str.upper, str.title, lambda text: f"  {text} !"])
def test_letters_and_marks_around_an_edit_do_not_matter(case: Any) -> None:  # noqa: ANN401 - any change of a text
    for instruction, label in labelled("edits.tsv"):
        if not any(mark in instruction for mark in "\"“'"):
            asked = [op for clause in clauses(case(instruction)) for op in operations(clause)]
            assert " + ".join(map(_called, asked)) == label, instruction


def _short(value: object) -> str:
    if isinstance(value, tuple):
        return "|".join(map(_short, value))
    if isinstance(value, Feature):
        return " ".join(part for part in (value.kind, value.value, value.place) if part)
    if isinstance(value, Text):
        return f"{value.role or ''}:{value.words}"
    if isinstance(value, Enum):
        return str(value.value) if isinstance(value.value, str) else value.name.lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _called(value: object) -> str:
    """`SetLength(seconds=12)`: what an operation is, without what it leaves to the default."""
    if is_dataclass(value):
        told = ((field, getattr(value, field.name)) for field in fields(value))
        given = (f"{field.name}={_called(part)}" for field, part in told if part != field.default)
        return f"{type(value).__name__}({', '.join(given)})"
    if isinstance(value, float):
        return f"{value:.3g}"
    return str(value) if isinstance(value, Enum) else repr(value)
