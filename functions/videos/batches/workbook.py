"""Reading the rows of an Excel workbook (`.xlsx`) as people see them.

Of formulas the saved results count, of sheets the first one that is visible. A cell that is merged over
several rows counts in each of them.
"""

import io
import math
import re
import warnings
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, BinaryIO

from videos.batches.cells import Cell
from videos.model.texts import visible

if TYPE_CHECKING:
    from openpyxl.cell.cell import Cell as SheetCell
    from openpyxl.cell.cell import MergedCell
    from openpyxl.worksheet.worksheet import Worksheet

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
"""How a workbook begins; how one begins that is older, or protected by a password."""

MAX_BYTES = 10 * 1024 * 1024
MAX_UNPACKED_BYTES = 25 * 1024 * 1024
MAX_COLUMNS, MAX_ROWS = 100, 50_000
_LAST_ROW = 1_048_576  # of any sheet

_MERGED = re.compile(r"([A-Z]{1,3})(\d{1,7}):[A-Z]{1,3}(\d{1,7})")
_SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SAVE_AGAIN = "Save it again as “Excel workbook (.xlsx)”, or as “CSV UTF-8”."


class UnreadableWorkbookError(ValueError):
    """The file is not a workbook that can be read. Its text says why and what to do."""


class Unusable(str):
    """Stands for a cell without a value. The text says why."""

    __slots__ = ()


def workbook_rows(body: BinaryIO) -> Iterator[tuple[int, list[Cell]]]:
    """Yield the rows of the first visible sheet that are not empty, each with its number.

    Raises:
        UnreadableWorkbookError: It is too large, damaged, protected by a password, or has no visible sheet.
    """
    import openpyxl  # noqa: PLC0415 - only batches of this format need it

    content = _checked(body)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # on features that concern no values
            # Its parser refuses entities of XML, because `defusedxml` is installed.
            workbook = openpyxl.load_workbook(content, read_only=True, data_only=True, keep_links=False)
            sheet = next((sheet for sheet in workbook.worksheets if sheet.sheet_state == "visible"), None)
            rows = list(_rows(sheet)) if sheet is not None else None
    except UnreadableWorkbookError:
        raise
    except Exception as error:  # a damaged file can fail anywhere in the parser
        raise UnreadableWorkbookError(f"the workbook is damaged. {_SAVE_AGAIN}") from error
    if rows is None:
        raise UnreadableWorkbookError("the workbook has no visible sheet.")
    yield from rows


def _checked(body: BinaryIO) -> BinaryIO:
    """Return the file, which is small and stays small when it is unpacked."""
    content = body.read(MAX_BYTES + 1)
    if content.startswith(OLE):
        raise UnreadableWorkbookError(f"the workbook has a password, or is of an older format. {_SAVE_AGAIN}")
    if len(content) > MAX_BYTES:
        raise _too_large(f"{MAX_BYTES // 1024 // 1024} MB")
    file = io.BytesIO(content)
    try:
        with zipfile.ZipFile(file) as archive:
            # A member cannot be larger than the archive says: reading stops there.
            unpacked = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise UnreadableWorkbookError(f"the workbook is damaged. {_SAVE_AGAIN}") from error
    if unpacked > MAX_UNPACKED_BYTES:
        raise _too_large(f"{MAX_UNPACKED_BYTES // 1024 // 1024} MB when it is unpacked")
    return file


def _too_large(limit: str) -> UnreadableWorkbookError:
    return UnreadableWorkbookError(
        f"the workbook has more than {limit}. Save the sheet as “CSV UTF-8”, which has no such limit."
    )


@dataclass
class _Structure:
    """The parts of a sheet that are not its values."""

    merged: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """By the first row of a merged cell: its first column, and its last row."""
    uncalculated: set[tuple[int, int]] = field(default_factory=set)
    """Row and column of formulas whose result was not saved."""


def _structure_of(sheet: "Worksheet") -> _Structure:
    """Read what `openpyxl` skips when it reads row by row."""
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415 - as above
    from openpyxl.utils.cell import column_index_from_string, coordinate_to_tuple  # noqa: PLC0415

    structure = _Structure()
    with sheet._get_source() as source:  # type: ignore[attr-defined]  # noqa: SLF001 - no public way leads to the part
        for _, element in iterparse(source):
            if element.tag == f"{_SHEET}mergeCell" and (match := _MERGED.fullmatch(element.get("ref", ""))):
                column, first, last = column_index_from_string(match[1]), int(match[2]), int(match[3])
                structure.merged.setdefault(first, []).append((column, last))
            elif element.tag == f"{_SHEET}c" and element.find(f"{_SHEET}f") is not None:
                # An empty text is a result, too.
                if not element.findtext(f"{_SHEET}v") and element.get("t") != "str":
                    structure.uncalculated.add(coordinate_to_tuple(element.get("r")))
            elif element.tag != f"{_SHEET}row":
                continue
            element.clear()
    return structure


def _rows(sheet: "Worksheet") -> Iterator[tuple[int, list[Cell]]]:
    structure = _structure_of(sheet)
    merged: dict[int, tuple[int, Cell]] = {}  # by column: the last row, and the value
    count = 0
    rows = sheet.iter_rows(min_row=1, min_col=1, max_row=_LAST_ROW, max_col=MAX_COLUMNS)
    empty = None
    for number, row in enumerate(rows, 1):
        if row is empty:  # a million rows between two of them are one and the same
            continue
        cells: list[Cell] = [
            _uncalculated() if (number, place) in structure.uncalculated else _value(cell)
            for place, cell in enumerate(row, 1)
        ]
        if not any(cell != "" for cell in cells):
            empty = row
            continue
        count += 1
        if count > MAX_ROWS:
            raise _too_large(f"{MAX_ROWS:,} rows")
        for column, (last, value) in merged.items():
            if number <= last and cells[column - 1] == "":
                cells[column - 1] = value
        for column, last in structure.merged.get(number, ()):
            if column <= MAX_COLUMNS:
                merged[column] = (last, cells[column - 1])
        yield number, _without_end(cells)


def _without_end(cells: list[Cell]) -> list[Cell]:
    """Return the cells up to the last one that is not empty."""
    while cells[-1] == "":
        cells.pop()
    return cells


def _uncalculated() -> Unusable:
    return Unusable(
        "the result of its formula was not saved. Open the file in a spreadsheet and save it again."
    )


def _value(cell: "SheetCell | MergedCell") -> Cell:
    value = cell.value
    if cell.data_type == "e":
        return Unusable(f"the cell shows the error {str(value)[:20]}. Correct it.")
    match value:
        case None:
            shown: Cell = ""
        case bool():
            shown = str(value).lower()
        case int() | float() if math.isfinite(value):
            shown = f"{value * 100:.15g}%" if "%" in cell.number_format else value
        case timedelta() if "s" not in cell.number_format.lower():
            shown = str(value).rpartition(":")[0]
        case time():  # as it is shown: those who typed 0:15 may mean minutes and seconds
            shown = value.strftime("%H:%M:%S" if "s" in cell.number_format.lower() else "%H:%M")
        case datetime() if value.time() == time():
            shown = value.date().isoformat()
        case datetime():
            shown = value.replace(microsecond=0).isoformat(" ")
        case _:
            shown = visible(str(value))
    return shown
