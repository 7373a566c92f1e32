"""Reading files of rows as people make them: CSV from any spreadsheet, Excel workbooks, or JSON Lines.

Rows are numbered as a spreadsheet or an editor shows them: the first is 1, and of a CSV it names the columns.
"""

import csv
import io
import itertools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from pydantic import BaseModel, JsonValue

from videos.batches.cells import Cell, ratio, seconds, shown_number, truth
from videos.batches.workbook import OLE, ZIP, UnreadableWorkbookError, Unusable, workbook_rows
from videos.model.batch import JSON_ENDINGS
from videos.model.streams import buffered
from videos.model.texts import is_misread, marked_encoding, visible
from videos.requests.json_reader import UnreadableJsonError, read_json
from videos.requests.options import LISTS, OBJECTS, RowRequest, shortened, unknown_field

WORKBOOK = (None,)
"""What a workbook is encoded in: it says so itself."""
DELIMITERS = ",;\t|"
MAX_ROW_CHARS = 100_000
_HEAD_LINES = 100

Given = dict[str, JsonValue]


class UnreadableRowsError(ValueError):
    """The file cannot be read as rows. Its text says why and what to do."""

    def __init__(self, row: int, reason: str) -> None:
        super().__init__(reason)
        self.row = row


WINDOWS = "cp1252"
"""The encoding that spreadsheets in Western Europe write."""


class Row(BaseModel):
    """The content of a row; `fault` says why it is invalid."""

    row: int
    given: Given = {}
    fault: str | None = None


class Rows:
    """The rows of a file, read once; all but those of a workbook in constant memory.

    Args:
        name: The file's name. Its ending decides between JSON and tables.
        body: The file.
        encoding: One of `encodings_of` the file.

    Iterating raises:
        UnreadableRowsError: From some row on, the file does not consist of rows.
        UnicodeDecodeError: It is in another encoding.
    """

    def __init__(self, name: str, body: BinaryIO, encoding: str | None) -> None:
        self._is_json = name.lower().endswith(JSON_ENDINGS)
        self._body = body
        self._encoding = encoding
        self.delimiter: str | None = None
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._found():
            self.count += 1
            yield row

    def _found(self) -> Iterator[Row]:
        if self._encoding is None:
            return self._workbook_rows()
        # Left alone, a text would also end its lines where a string of JSON goes on.
        newline = "\n" if self._is_json else ""
        lines = _lines(io.TextIOWrapper(buffered(self._body), self._encoding, newline=newline))
        return _json_rows(lines) if self._is_json else self._csv_rows(lines)

    def _workbook_rows(self) -> Iterator[Row]:
        self.delimiter = ","
        try:
            yield from _table_rows(workbook_rows(self._body))
        except UnreadableWorkbookError as error:
            raise UnreadableRowsError(1, str(error)) from error

    def _csv_rows(self, lines: Iterator[str]) -> Iterator[Row]:
        first = next(lines, "")
        if said := re.match(
            r'"?sep=(.)"?\s*$', first, re.IGNORECASE
        ):  # spreadsheets write it, and do not show it
            delimiter, first = said[1], next(lines, "")
            head = [first]
        else:
            head = _up_to_the_header(itertools.chain([first], lines))
            delimiter = _delimiter_of(head[-1])
        self.delimiter = delimiter
        # In a list that people type by hand, a space follows each comma.
        rows = _Csv(
            csv.reader(itertools.chain(head, lines), delimiter=delimiter, skipinitialspace=True, strict=True)
        )
        try:
            yield from _table_rows(rows)
        except csv.Error as error:
            reason = (
                f"row {rows.number + 1} cannot be read ({error}); a cell that begins with a quotation mark"
                " has to end with one, and a quotation mark inside it is written twice."
            )
            raise UnreadableRowsError(rows.number + 1, reason) from error


class _Csv:
    """The rows of a CSV that are not empty; `number` is of the last one that could be read."""

    def __init__(self, rows: Iterable[list[str]]) -> None:
        self._rows = rows
        self.number = 0

    def __iter__(self) -> Iterator[tuple[int, list[Cell]]]:
        for number, cells in enumerate(self._rows, 1):
            if any(map(visible, cells)):
                self.number = number
                yield number, [visible(cell) for cell in cells]


def encodings_of(head: bytes) -> tuple[str | None, ...]:
    """Return what a file that begins so may be encoded in, the likeliest first; None for a workbook."""
    if head.startswith((ZIP, OLE)):
        return WORKBOOK
    if encoding := marked_encoding(head):
        return (encoding,)
    return ("utf-8", WINDOWS)


def _lines(text: io.TextIOWrapper) -> Iterator[str]:
    for number in itertools.count(1):
        line = text.readline(MAX_ROW_CHARS)
        if not line:
            return
        if len(line) == MAX_ROW_CHARS:
            raise UnreadableRowsError(
                number, f"line {number} has more than {MAX_ROW_CHARS:,} characters; no row needs as many."
            )
        if text.encoding == WINDOWS and is_misread(line):
            raise UnreadableRowsError(
                number, "the encoding of the file is not known. Save it as “CSV UTF-8”."
            )
        yield line


def _up_to_the_header(lines: Iterator[str]) -> list[str]:
    """Return the lines up to the first one that holds more than delimiters, of the first hundred."""
    head: list[str] = []
    for line in itertools.islice(lines, _HEAD_LINES):
        head.append(line)
        if visible(line).strip(f'{DELIMITERS}"'):
            break
    return head


def column_named(name: str) -> str:
    """The column that a person means: `Aspect Ratio` is `aspect_ratio`."""
    return re.sub(r"[\s-]+", "_", visible(unicodedata.normalize("NFKC", name)).lower())


def _delimiter_of(header: str) -> str:
    """The one that parts the header into the most columns that are known."""

    def known(delimiter: str) -> int:
        return len({column_named(name.strip().strip('"')) for name in header.split(delimiter)} & KNOWN)

    return max(DELIMITERS, key=known)


KNOWN = set(RowRequest.model_fields)


def _table_rows(rows: Iterable[tuple[int, list[Cell]]]) -> Iterator[Row]:
    """Return the rows below the first one, which names the columns."""
    found = iter(rows)
    number, header = next(found, (1, []))
    columns = _columns(number, header)
    for number, cells in found:
        yield _table_row(number, columns, cells)


def _columns(row: int, header: list[Cell]) -> list[str]:
    names = [str(cell).strip() for cell in header]
    columns = [column_named(name) for name in names]
    for name, column in zip(names, columns, strict=True):
        if column and column not in KNOWN:
            raise UnreadableRowsError(row, f"column “{shortened(name)}”: {unknown_field(column, RowRequest)}")
        if column and columns.count(column) > 1:
            raise UnreadableRowsError(row, f"column “{name}” appears twice. Remove one of them.")
    if not any(columns):
        raise UnreadableRowsError(
            row, f"the file is empty; its first line names columns: {', '.join(sorted(KNOWN))}."
        )
    return columns


def _table_row(number: int, columns: list[str], cells: list[Cell]) -> Row:
    given: Given = {}
    for place, (column, cell) in enumerate(itertools.zip_longest(columns, cells, fillvalue=""), 1):
        if cell == "":
            continue
        if not column:
            return Row(row=number, fault=f"cell {place} (“{str(cell)[:40]}”) has no column name above it.")
        if isinstance(cell, Unusable):
            return Row(row=number, fault=f"{column}: {cell}")
        try:
            given[column] = _value(str(column), cell)
        except UnreadableJsonError as error:
            return Row(row=number, fault=f"{column}: {error}.")
    return Row(row=number, given=given)


def _value(column: str, cell: Cell) -> JsonValue:
    if meant := _MEANT.get(column):
        return meant(cell)
    text = shown_number(cell) if isinstance(cell, int | float) else cell
    if column in LISTS:
        return [part.strip() for part in text.split("|") if part.strip()]
    return read_json(text) if column in OBJECTS else text


_MEANT: dict[str, Callable[[Cell], JsonValue]] = {
    "aspect_ratio": ratio,
    "callback_on_start": truth,
    "callback_on_progress": truth,
    "duration_seconds": seconds,
}


def _json_rows(lines: Iterator[str]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield _json_row(number, line)


def _json_row(number: int, line: str) -> Row:
    try:
        read = read_json(line)
    except UnreadableJsonError as error:
        return Row(row=number, fault=f"the line is not JSON: {error}.")
    if not isinstance(read, dict):
        return Row(row=number, fault='the line is not a JSON object, such as {"file": "photo.png"}.')
    given = {column_named(name): value for name, value in read.items() if value is not None}
    return Row(row=number, given=given)
