"""One wording for one mistake, whichever door it comes through."""

import io
import json
from collections.abc import Callable

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext
from openpyxl import Workbook

from tests.support.memory import MemoryInbox
from tests.unit.handlers.http_calls import call, problem
from videos.batches.rows_file import Rows, encodings_of
from videos.inbox.manifests import read_manifest
from videos.inbox.sidecars import UnreadableSidecarError, defaults_of, sidecar_of
from videos.model.media import InboxFile
from videos.requests.options import FieldError, RowRequest, read_request

PHOTO = InboxFile(bucket="the-inbox", key="inbox/a.png")
Given = dict[str, object]
Told = tuple[str, str]
"""Field and sentence."""

# A field, a value that a request may hold, and what is said of it.
MISTAKES: list[tuple[str, object, str]] = [
    ("durration_seconds", 7, "There is no field “durration_seconds”. Did you mean “duration_seconds”?"),
    ("titel", "x", "There is no field “titel”. Did you mean “title”?"),
    ("aspect_ratio", "4:5", "“4:5” is not allowed. Use 16:9, 9:16 or 1:1."),
    ("aspect_ratio", "16:8", "“16:8” is not allowed. Use 16:9, 9:16 or 1:1."),
    ("duration_seconds", 2, "“2” is too small. The minimum is 3."),
    ("duration_seconds", 61, "“61” is too large. The maximum is 60."),
    ("duration_seconds", "long", "“long” is not a whole number."),
    ("language", "english!", "“english!” cannot be used. Use a language code, such as “en” or “pt-BR”."),
    ("title", 'A "title"', '“A "title"” cannot be used. Leave out quotation marks and line breaks.'),
    ("title", "x" * 101, "It has 101 characters. The limit is 100."),
    ("instruction", "x" * 5001, "It has 5,001 characters. The limit is 5,000."),
    ("callback_url", "x" * 2001, "It has 2,001 characters. The limit is 2,000."),
    ("callback_on_start", "maybe", "“maybe” is not true or false."),
    ("metadata", {"a": "x" * 1100}, "It is too large. The limit is 1,024 bytes as JSON."),
    ("metadata", 7, "“7” is not an object, such as {…}."),
    ("page", {"titel": "x"}, "There is no field “page.titel”. Did you mean “title”?"),
    ("page", {"descripton": "x"}, "There is no field “page.descripton”. Did you mean “description”?"),
    ("page", {"zzz": 1}, "There is no field “page.zzz”. Known fields: title, description, url, text."),
]  # fmt: skip
JSON_MISTAKES: list[tuple[str, object, str]] = [
    ("instruction", "", "It is empty."),
    ("instruction", " ", "“” cannot be used. Say what to make, in words."),
    ("instruction", 7, "“7” is not text."),
    ("title", "", "It is empty."),
    ("title", ["a"], '“["a"]” is not text.'),
    ("duration_seconds", 7.5, "“7.5” is not a whole number."),
    ("callback_url", "", "It is empty."),
    ("callback_on_start", 7, "“7” is not true or false."),
    ("aspect_ratio", 1, "“1” is not allowed. Use 16:9, 9:16 or 1:1."),
    ("metadata", [], "“[]” is not an object, such as {…}."),
    ("page", "x", "“x” is not an object, such as {…}."),
]
"""What no cell of a table can hold."""


def _api(given: Given, context: LambdaContext) -> Told:
    said = problem(call(context, "POST", "/v1/videos", given), 422, "invalid-request")
    field, _, sentence = said["detail"].partition(": ")
    assert field == said["field"]
    return field, sentence


def _in_file(read: Callable[[], object], name: str) -> Told:
    with pytest.raises(UnreadableSidecarError) as told:
        read()
    begins = f"“{name}” has an invalid field “"
    assert str(told.value).startswith(begins)
    field, _, sentence = str(told.value).removeprefix(begins).partition("”: ")
    return field, sentence


def _sidecar(given: Given, _context: LambdaContext) -> Told:
    inbox = MemoryInbox({PHOTO.key: b"1", f"{PHOTO.key}.json": json.dumps(given).encode()})
    return _in_file(lambda: sidecar_of(PHOTO, inbox), "a.png.json")


def _defaults(given: Given, _context: LambdaContext) -> Told:
    inbox = MemoryInbox({PHOTO.key: b"1", "inbox/_defaults.json": json.dumps(given).encode()})
    return _in_file(lambda: defaults_of(PHOTO, inbox), "_defaults.json")


def _ref(given: Given, _context: LambdaContext) -> Told:
    file = InboxFile(bucket="the-inbox", key="inbox/job.json")
    return _in_file(
        lambda: read_manifest(file, json.dumps({"files": ["a.png"], **given}).encode()), "job.json"
    )


def _row(name: str, body: bytes) -> Told:
    encoding = encodings_of(body)[0]
    try:
        (row,) = Rows(name, io.BytesIO(body), encoding)
    except ValueError as refused:  # a column that nobody knows
        field, _, sentence = str(refused).removeprefix("column “").partition("”: ")
        return field, sentence
    assert row.fault is None
    with pytest.raises(FieldError) as told:
        read_request(RowRequest, row.given)
    return told.value.field, str(told.value)


def _json_row(given: Given, _context: LambdaContext) -> Told:
    return _row("batch.ndjson", json.dumps(given).encode())


def _cells(given: Given) -> list[object]:
    return [json.dumps(value) if isinstance(value, dict) else value for value in given.values()]


def _csv_row(given: Given, _context: LambdaContext) -> Told:
    cells = ['"' + str(cell).replace('"', '""') + '"' for cell in _cells(given)]
    return _row("batch.csv", f"{','.join(given)}\n{','.join(cells)}\n".encode())


def _workbook_row(given: Given, _context: LambdaContext) -> Told:
    workbook, body = Workbook(), io.BytesIO()
    for row in (list(given), _cells(given)):
        workbook.active.append(row)  # type: ignore[union-attr]
    workbook.save(body)
    return _row("batch.xlsx", body.getvalue())


JSON_DOORS = [_api, _sidecar, _defaults, _ref, _json_row]
DOORS = [*JSON_DOORS, _csv_row, _workbook_row]


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(("field", "value", "sentence"), MISTAKES)
@pytest.mark.usefixtures("world")
def test_each_door_says_the_same(
    context: LambdaContext, door: Callable[..., Told], field: str, value: object, sentence: str
) -> None:
    _says(context, door, field, value, sentence)


@pytest.mark.parametrize("door", JSON_DOORS)
@pytest.mark.parametrize(("field", "value", "sentence"), JSON_MISTAKES)
@pytest.mark.usefixtures("world")
def test_each_door_of_json_says_the_same(
    context: LambdaContext, door: Callable[..., Told], field: str, value: object, sentence: str
) -> None:
    _says(context, door, field, value, sentence)


def _says(
    context: LambdaContext, door: Callable[..., Told], field: str, value: object, sentence: str
) -> None:
    given = {field: value} if field == "instruction" else {"instruction": "Show it", field: value}
    told, said = door(given, context)
    assert said == sentence
    assert told.partition(".")[0].lower() == field.lower()
