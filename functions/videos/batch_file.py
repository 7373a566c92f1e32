"""Reading files of rows as people make them: CSV from any spreadsheet, or JSON Lines.

Rows are numbered as a spreadsheet or an editor shows them: the first is 1, and of a CSV it names the columns.
"""

import csv
import io
import itertools
import re
from collections.abc import Callable, Iterator
from typing import BinaryIO, TextIO

from pydantic import BaseModel, JsonValue

from videos.cells import ratio, seconds, truth
from videos.reading import UnreadableJsonError, read_json
from videos.requests import LISTS, OBJECTS, RowRequest, unknown_field
from videos.streams import buffered

DELIMITERS = ",;\t|"
MAX_ROW_CHARS = 100_000

Given = dict[str, JsonValue]


class UnreadableError(ValueError):
    """The file cannot be read as rows. Its text says why and what to do."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row


class Row(BaseModel):
    """What stands in a row; `fault` says why it is none."""

    row: int
    given: Given = {}
    fault: str | None = None


class Rows:
    """The rows of a file, read once, in constant memory.

    Iterating raises:
        UnreadableError: The file is none of rows, from some row on.
        UnicodeDecodeError: It is in another encoding.
    """

    def __init__(self, name: str, body: BinaryIO, encoding: str) -> None:
        self._is_json = name.lower().endswith((".jsonl", ".ndjson"))
        # Left alone, a text would also end its lines where a string of JSON goes on.
        newline = "\n" if self._is_json else ""
        self._text = io.TextIOWrapper(buffered(body), encoding, newline=newline)
        self.delimiter: str | None = None
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._json_rows() if self._is_json else self._csv_rows():
            self.count += 1
            yield row

    def _json_rows(self) -> Iterator[Row]:
        for number, line in enumerate(_lines(self._text), 1):
            if line.strip():
                yield _json_row(number, line)

    def _csv_rows(self) -> Iterator[Row]:
        lines = _lines(self._text)
        first = next(lines, "")
        if said := re.match(
            r'"?sep=(.)"?\s*$', first, re.IGNORECASE
        ):  # spreadsheets write it, and do not show it
            delimiter, first = said[1], next(lines, "")
        else:
            delimiter = _delimiter_of(first)
        self.delimiter = delimiter
        rows = enumerate(csv.reader(itertools.chain([first], lines), delimiter=delimiter, strict=True), 1)
        number = 0
        try:
            number, header = next(((n, cells) for n, cells in rows if any(map(str.strip, cells))), (1, []))
            columns = _columns(number, header)
            for number, cells in rows:
                if any(map(str.strip, cells)):
                    yield _csv_row(number, columns, cells)
        except csv.Error as error:
            reason = (
                f"row {number + 1} cannot be read ({error}); a cell that begins with a quotation mark has to"
                " end with one, and a quotation mark inside it is written twice."
            )
            raise UnreadableError(number + 1, reason) from error


def encodings_of(head: bytes) -> tuple[str, ...]:
    """What a file that begins so may be encoded in, the likeliest first."""
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return ("utf-16",)
    if head.startswith(b"\xef\xbb\xbf"):
        return ("utf-8-sig",)
    return ("utf-8", "cp1252")  # the latter is what spreadsheets in Europe write


def _lines(text: TextIO) -> Iterator[str]:
    for number in itertools.count(1):
        line = text.readline(MAX_ROW_CHARS)
        if not line:
            return
        if len(line) == MAX_ROW_CHARS:
            raise UnreadableError(
                number, f"line {number} has more than {MAX_ROW_CHARS:,} characters; no row needs as many."
            )
        yield line


def column_named(name: str) -> str:
    """The column that a person means: `Aspect Ratio` is `aspect_ratio`."""
    return re.sub(r"[\s-]+", "_", name.strip().lower())


def _delimiter_of(header: str) -> str:
    """The one that parts the header into the most columns that are known."""

    def known(delimiter: str) -> int:
        return len({column_named(name.strip().strip('"')) for name in header.split(delimiter)} & KNOWN)

    return max(DELIMITERS, key=known)


KNOWN = set(RowRequest.model_fields)


def _columns(row: int, header: list[str]) -> list[str]:
    columns = [column_named(name) for name in header]
    for name, column in zip(header, columns, strict=True):
        if column and column not in KNOWN:
            raise UnreadableError(row, f"column “{name.strip()}”: {unknown_field(column, RowRequest)}")
        if column and columns.count(column) > 1:
            raise UnreadableError(row, f"column “{name.strip()}” is there twice; leave one of them.")
    if not any(columns):
        raise UnreadableError(
            row, f"the file is empty; its first line names columns: {', '.join(sorted(KNOWN))}."
        )
    return columns


def _csv_row(number: int, columns: list[str], cells: list[str]) -> Row:
    given: Given = {}
    for place, (column, cell) in enumerate(itertools.zip_longest(columns, cells, fillvalue=""), 1):
        value = cell.strip()
        if not value:
            continue
        if not column:
            return Row(row=number, fault=f"cell {place} (“{value[:40]}”) stands under no column name.")
        try:
            given[column] = _value(column, value)
        except UnreadableJsonError as error:
            return Row(row=number, fault=f"{column}: {error}.")
    return Row(row=number, given=given)


def _value(column: str, cell: str) -> JsonValue:
    if column in LISTS:
        return [part.strip() for part in cell.split("|") if part.strip()]
    if column in OBJECTS:
        return read_json(cell)
    meant = _MEANT.get(column)
    return meant(cell) if meant else cell


_MEANT: dict[str, Callable[[str], JsonValue]] = {
    "aspect_ratio": ratio,
    "callback_on_start": truth,
    "duration_seconds": seconds,
}


def _json_row(number: int, line: str) -> Row:
    try:
        read = read_json(line)
    except UnreadableJsonError as error:
        return Row(row=number, fault=f"the line is not JSON: {error}.")
    if not isinstance(read, dict):
        return Row(row=number, fault='the line is not a JSON object, such as {"file": "photo.png"}.')
    given = {column_named(name): value for name, value in read.items() if value is not None}
    return Row(row=number, given=given)
