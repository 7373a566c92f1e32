"""Excel workbooks as people, Excel, LibreOffice and attackers make them."""

import io
import json
import re
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.chart import BarChart
from openpyxl.chartsheet import Chartsheet
from openpyxl.worksheet.worksheet import Worksheet

from videos.batches.rows_file import Row, Rows, UnreadableRowsError, encodings_of
from videos.requests.options import RowRequest, read_request

Fill = Callable[[Worksheet], None]
SHEET = "xl/worksheets/sheet1.xml"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def _made(fill: Fill, name: str | None = None) -> bytes:
    workbook = Workbook()
    sheet = workbook.active
    assert isinstance(sheet, Worksheet)
    if name:
        sheet.title = name
    fill(sheet)
    return _saved(workbook)


def _saved(workbook: Workbook) -> bytes:
    body = io.BytesIO()
    workbook.save(body)
    return body.getvalue()


def _table(*rows: list[Any]) -> bytes:
    def fill(sheet: Worksheet) -> None:
        for row in rows:
            sheet.append(row)

    return _made(fill)


def _altered(body: bytes, alter: Callable[[str], str], part: str = SHEET) -> bytes:
    """The workbook with one part written otherwise, as other programs write it."""
    altered = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(body)) as read,
        zipfile.ZipFile(altered, "w", zipfile.ZIP_DEFLATED) as written,
    ):
        for member in read.infolist():
            content = read.read(member)
            written.writestr(member, alter(content.decode()) if member.filename == part else content)
    return altered.getvalue()


def _rows(body: bytes, name: str = "batch.xlsx") -> list[Row]:
    (encoding,) = encodings_of(body[:4])
    return list(Rows(name, io.BytesIO(body), encoding))


def _given(body: bytes, name: str = "batch.xlsx") -> list[dict[str, object]]:
    rows = _rows(body, name)
    assert [row.fault for row in rows if row.fault] == []
    return [dict(row.given) for row in rows]


def _in_format(value: object, number_format: str) -> Fill:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["aspect_ratio", "duration_seconds", "title"])
        for column in "ABC":
            sheet[f"{column}2"].value = value
            sheet[f"{column}2"].number_format = number_format

    return fill


def test_a_workbook_is_read_like_any_other_table() -> None:
    body = _table(
        ["File", "Aspect Ratio", "duration-seconds", "instruction", "metadata", "s3_keys"],
        ["a.png", "9:16", 16.0, " Grün,\nbitte ", '{"order": 7}', "inbox/a.png | inbox/b.png"],
        [None, None, None, None, None, None],
        ["b.png", time(16, 9), 7.5, "x", None, None],
    )
    assert [(row.row, row.given, row.fault) for row in _rows(body, "Batch.XLSX")] == [
        (
            2,
            {
                "file": "a.png",
                "aspect_ratio": "9:16",
                "duration_seconds": 16,
                "instruction": "Grün,\nbitte",
                "metadata": {"order": 7},
                "s3_keys": ["inbox/a.png", "inbox/b.png"],
            },
            None,
        ),
        (4, {"file": "b.png", "aspect_ratio": "16:9", "duration_seconds": 8, "instruction": "x"}, None),
    ]


def test_a_workbook_is_known_by_its_bytes_and_a_table_of_text_too() -> None:
    assert _given(_table(["file"], ["a.png"]), "batch.csv") == [{"file": "a.png"}]
    assert encodings_of(b"file") == ("utf-8", "cp1252")
    assert [row.given for row in Rows("batch.xlsx", io.BytesIO(b"file\na.png\n"), "utf-8")] == [
        {"file": "a.png"}
    ]


@pytest.mark.parametrize(
    ("value", "number_format", "column", "meant"),
    [
        (time(9, 16), "h:mm", "aspect_ratio", "9:16"),
        (time(9, 16), "h:mm:ss", "aspect_ratio", "9:16"),
        (time(16, 9), "h:mm AM/PM", "aspect_ratio", "16:9"),
        (time(1, 1), "[$-F400]h:mm:ss", "aspect_ratio", "1:1"),
        (0.672916666666667, "General", "aspect_ratio", "16:9"),
        ("16:9", "@", "aspect_ratio", "16:9"),
        ("9\u00d716", "@", "aspect_ratio", "9:16"),
        (16.0, "General", "duration_seconds", 16),
        (7.125, "0.000", "duration_seconds", 7),
        (7.5, "0,0", "duration_seconds", 8),
        ("7,5", "@", "duration_seconds", 8),
        (time(0, 15), "h:mm", "duration_seconds", 15),
        (time(0, 0, 15), "h:mm:ss", "duration_seconds", 15),
        (timedelta(seconds=15), "[h]:mm:ss", "duration_seconds", 15),
        (timedelta(minutes=15), "[h]:mm", "duration_seconds", 15),
        (timedelta(hours=16, minutes=9), "[h]:mm", "aspect_ratio", "16:9"),
        ("\u200b16:9\ufeff", "@", "aspect_ratio", "16:9"),
        (2026, "General", "title", "2026"),
        (2026.0, "0.00", "title", "2026"),
        (0.1 + 0.2, "General", "title", "0.3"),
        (12345678901234567, "0", "title", "1.23456789012346e+16"),
        (0.25, "0%", "title", "25%"),
        (0.125, "0.0%", "title", "12.5%"),
        (date(2026, 3, 5), "d/m/yyyy", "title", "2026-03-05"),
        (datetime(2026, 3, 5, 14, 30), "d/m/yyyy h:mm", "title", "2026-03-05 14:30:00"),  # noqa: DTZ001 - a sheet has no zones
        (True, "General", "title", "true"),
    ],
)  # fmt: skip
def test_a_cell_is_what_it_shows(value: object, number_format: str, column: str, meant: object) -> None:
    (given,) = _given(_made(_in_format(value, number_format)))
    assert given[column] == meant
    read_request(RowRequest, {column: meant, "instruction": "x"})


@pytest.mark.parametrize("error", ["#N/A", "#DIV/0!", "#NAME?", "#REF!", "#VALUE!", "#NULL!", "#NUM!"])
def test_an_error_in_a_cell_is_a_fault_of_its_row_alone(error: str) -> None:
    bad, good = _rows(_table(["file", "title"], ["a.png", error], ["b.png", "B"]))
    assert bad.fault == f"title: the cell shows the error {error}. Correct it."
    assert (good.given, good.fault) == ({"file": "b.png", "title": "B"}, None)


def _with_formula(result: str) -> bytes:
    body = _table(["file", "title"], ["a.png", "=A2"])
    return _altered(
        body, lambda xml: re.sub(r'<c r="B2".*?</c>', f'<c r="B2" {result}</c>', xml, flags=re.DOTALL)
    )


def test_of_a_formula_its_saved_result_counts() -> None:
    assert _given(_with_formula('t="str"><f>A2</f><v>T</v>')) == [{"file": "a.png", "title": "T"}]
    assert _given(_with_formula('t="str"><f>""</f><v></v>')) == [{"file": "a.png"}]
    assert _given(_with_formula("><f>1+1</f><v>2</v>")) == [{"file": "a.png", "title": "2"}]


@pytest.mark.parametrize("result", ["><f>A2</f><v/>", "><f>A2</f>"])
def test_a_formula_without_a_result_is_never_taken_for_an_empty_cell(result: str) -> None:
    (row,) = _rows(_with_formula(result))
    assert str(row.fault).startswith("title: the result of its formula was not saved. Open the file")


def test_a_cell_merged_over_rows_counts_in_each_and_over_columns_once() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["instruction", "file", "title"])
        for name in ("a.png", "b.png", "c.png"):
            sheet.append(["Show it", name, None])
        sheet["C4"] = "T"
        sheet.append([None, "d.png", None])
        sheet.append(["Both", None, None])
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("A6:C7")

    assert _given(_made(fill)) == [
        {"instruction": "Show it", "file": "a.png"},
        {"instruction": "Show it", "file": "b.png"},
        {"instruction": "Show it", "file": "c.png", "title": "T"},
        {"file": "d.png"},
        {"instruction": "Both"},
    ]


def test_the_first_visible_sheet_counts() -> None:
    workbook = Workbook()
    hidden = workbook.active
    assert isinstance(hidden, Worksheet)
    hidden.append(["file"])
    hidden.append(["hidden.png"])
    hidden.sheet_state = "hidden"
    workbook.create_sheet("Very").sheet_state = "veryHidden"
    workbook.create_chartsheet("Chart").add_chart(BarChart())
    shown = workbook.create_sheet("Rows")
    shown.append(["file"])
    shown.append(["shown.png"])
    workbook.create_sheet("Notes").append(["Ask Ann"])
    workbook.active = 3
    assert isinstance(workbook.worksheets[0], Worksheet)
    assert isinstance(workbook["Chart"], Chartsheet)
    assert _given(_saved(workbook)) == [{"file": "shown.png"}]


def _with_rows(rows: str) -> bytes:
    data = f"<sheetData>{rows}</sheetData>"
    return _altered(
        _table(["x"]),
        lambda xml: re.sub(r"<dimension.*?/>", "", re.sub(r"<sheetData>.*</sheetData>", data, xml)),
    )


def test_texts_in_the_cells_themselves_and_rows_without_numbers_are_read() -> None:
    """As libraries write them that stream."""
    first = '<row><c t="inlineStr"><is><t>file</t></is></c></row>'
    second = '<row><c t="inlineStr"><is><r><t>a</t></r><r><t>.png</t></r></is></c></row>'
    assert _given(_with_rows(first + second)) == [{"file": "a.png"}]


def _with_shared_texts(texts: str) -> bytes:
    """As Excel writes texts: once each, in a part of their own."""
    name = "xl/sharedStrings.xml"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    cells = "".join(f'<row r="{row}"><c r="A{row}" t="s"><v>{row - 1}</v></c></row>' for row in (1, 2))
    told = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
    body = io.BytesIO(
        _altered(_with_rows(cells), lambda xml: xml.replace("</Types>", told), "[Content_Types].xml")
    )
    with zipfile.ZipFile(body, "a") as archive:
        archive.writestr(name, f"{texts.replace('<sst', f'<sst xmlns={MAIN!r}')}")
    return body.getvalue()


def test_texts_are_read_that_the_sheet_only_refers_to() -> None:
    assert _given(_with_shared_texts("<sst><si><t>file</t></si><si><t>a.png</t></si></sst>")) == [
        {"file": "a.png"}
    ]


def test_the_header_may_begin_below_and_its_mistakes_are_told() -> None:
    assert [row.row for row in _rows(_table([], [], ["file"], ["a.png"]))] == [4]
    for header, words in (
        (["instrction"], "Did you mean “instruction”"),
        (["file", "File"], "appears twice"),
        ([], "is empty"),
    ):
        with pytest.raises(UnreadableRowsError, match=words):
            _rows(_table(header))


def test_a_far_away_cell_is_a_fault_and_costs_no_time() -> None:
    def fill(sheet: Worksheet) -> None:
        sheet.append(["file"])
        sheet["A2"], sheet["D2"] = "a.png", "note"
        sheet["A1048576"] = "last.png"
        sheet["XFD3"] = "far"

    first, last = _rows(_made(fill))
    assert first.fault == "cell 4 (“note”) has no column name above it."
    assert (last.row, last.given) == (1_048_576, {"file": "last.png"})


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"PK\x03\x04 and no more", "damaged"),
        (_table(["file"])[:-40], "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "has a password, or is of an older format"),
        (_altered(_table(["file"]), lambda _: "<broken"), "damaged"),
        (_altered(_table(["file"]), lambda _: "", "xl/workbook.xml"), "damaged"),
        (b"PK\x03\x04" + bytes(10 * 1024 * 1024), "more than 10 MB"),
    ],
)  # fmt: skip
def test_what_is_no_workbook_says_so(body: bytes, words: str) -> None:
    with pytest.raises(UnreadableRowsError, match=words) as refused:
        _rows(body)
    assert refused.value.row == 1
    assert "Save" in str(refused.value)


def test_without_a_visible_sheet_there_are_no_rows() -> None:
    body = _altered(
        _table(["file"]), lambda xml: xml.replace('state="visible"', 'state="hidden"'), "xl/workbook.xml"
    )
    with pytest.raises(UnreadableRowsError, match="no visible sheet"):
        _rows(body)


ENTITIES = '<!DOCTYPE w [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_entities_are_refused(part: str) -> None:
    body = _altered(_table(["file"], ["a"]), lambda xml: f"{ENTITIES}]>{xml.partition('?>')[2] or xml}", part)
    with pytest.raises(UnreadableRowsError, match="damaged"):
        _rows(body)


def test_entities_are_refused_in_texts() -> None:
    with pytest.raises(UnreadableRowsError, match="damaged"):
        _rows(_with_shared_texts(f"{ENTITIES}]><sst><si><t>file</t></si><si><t>&i;</t></si></sst>"))


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive, archive.open(SHEET, "w") as part:
        for _ in range(60):
            part.write(bytes(1024 * 1024))
    tracemalloc.start()
    try:
        with pytest.raises(UnreadableRowsError, match="more than 25 MB when it is unpacked"):
            _rows(bomb.getvalue())
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_a_bomb_that_lies_about_its_size_is_damaged() -> None:
    body = bytearray(_altered(_table(["file"]), lambda xml: xml + " " * 5_000_000))
    at = body.rfind(SHEET.encode())
    header = body.rfind(b"PK\x01\x02", 0, at)
    body[header + 24 : header + 28] = (100).to_bytes(4, "little")
    with pytest.raises(UnreadableRowsError, match="damaged"):
        _rows(bytes(body))


def test_a_row_is_json_whatever_it_held() -> None:
    body = _altered(
        _table(["title", "duration_seconds"], [1, 2]),
        lambda xml: re.sub(r'(<c r="[AB]2"[^>]*>)<v>.*?</v>', r"\1<v>1e999</v>", xml),
    )
    (row,) = _rows(body)
    assert json.loads(json.dumps(row.model_dump(), allow_nan=False))["given"]["title"] == "inf"
