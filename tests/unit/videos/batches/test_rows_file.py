import io
import json
import tracemalloc
from typing import BinaryIO, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.batches.rows_file import MAX_ROW_CHARS, Row, Rows, UnreadableRowsError, encodings_of


def _rows(body: bytes, name: str = "batch.csv") -> list[Row]:
    """The rows as the use case reads them: in the first encoding that fits."""
    for encoding in encodings_of(body[:4]):
        try:
            return list(Rows(name, io.BytesIO(body), encoding))
        except UnicodeDecodeError:
            continue
    raise AssertionError("in no encoding")


def _plain(body: bytes, name: str = "batch.csv") -> list[tuple[int, dict[str, object]]]:
    rows = _rows(body, name)
    assert [row for row in rows if row.fault] == []
    return [(row.row, dict(row.given)) for row in rows]


ONE = [(2, {"file": "a.png", "instruction": "Grün, bitte"})]
TEXT = 'file{d}instruction\r\na.png{d}"Grün, bitte"\r\n'


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_whatever_a_spreadsheet_writes_is_read(encoding: str, delimiter: str) -> None:
    assert _plain(TEXT.format(d=delimiter).encode(encoding)) == ONE


OTHER_ENCODINGS = [
    ("gb18030", "短视频介绍水壶"),
    ("euc_kr", "주전자를 짧게 소개하다"),
    ("big5", "短影片介紹水壺"),
    ("cp1251", "Снимите короткое видео"),
    ("cp1253", "Παρουσίασε το προϊόν"),
    ("cp1255", "הצג את הקומקום"),
    ("cp1256", "اعرض الغلاية"),
    ("cp874", "แนะนำกาต้มน้ำ"),
]


@pytest.mark.parametrize(("encoding", "text"), OTHER_ENCODINGS)
def test_a_file_in_another_encoding_is_refused_and_not_paid_as_nonsense(encoding: str, text: str) -> None:
    with pytest.raises(UnreadableRowsError, match="Save it as “CSV UTF-8”"):
        _rows(f"file,instruction\na.png,{text}\n".encode(encoding))


@pytest.mark.parametrize(
    "text", ["Größte Äußerung \u2013 „schön“", "Açúcar à l\u2019été…", "°°°°°", "åäö ÅÄÖ", "jäääär"]
)
def test_letters_of_windows_are_no_other_encoding(text: str) -> None:
    body = f"file,instruction\na.png,{text}\n".encode("cp1252")
    assert _plain(body) == [(2, {"file": "a.png", "instruction": text})]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_lines_may_end_as_they_like(ending: str) -> None:
    assert _plain(TEXT.format(d=",").replace("\r\n", ending).encode()) == ONE


def test_a_spreadsheets_own_word_on_the_delimiter_is_no_row() -> None:
    assert _plain(("sep=|\r\n" + TEXT.format(d="|")).encode()) == ONE


@pytest.mark.parametrize(
    "text",
    [
        "file,instruction\na.png,Make it shine\n",
        "file, instruction\na.png, Make it shine\n",
        'file, instruction\n"a.png", "Make it shine"\n',
        "\ufefffile,instruction\na.png,Make it shine\n",
        "\u200bfile\u200b,Instruction\u00a0\na.png\u200b,Make it shine\ufeff\n",
        "\uff46ile,instruction\na.png,Make it shine\n",
        ";;\n\nfile;instruction\na.png;Make it shine\n;;\n",
        '"","",\nfile,instruction\na.png,Make it shine\n',
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_what_programs_leave_around_the_values_is_none(text: str, encoding: str) -> None:
    (row,) = _rows(text.encode(encoding))
    assert row.given == {"file": "a.png", "instruction": "Make it shine"}


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_json_lines_come_in_each_encoding(encoding: str) -> None:
    (row,) = _rows('{"file": "a.png"}\n'.encode(encoding), "batch.ndjson")
    assert row.given == {"file": "a.png"}


def test_columns_are_known_whatever_their_case_and_spaces() -> None:
    assert _plain(b" Aspect Ratio ,DURATION-seconds,Title\n9:16,8,T\n") == [
        (2, {"aspect_ratio": "9:16", "duration_seconds": 8, "title": "T"})
    ]


def test_rows_are_numbered_as_a_spreadsheet_shows_them() -> None:
    body = b'\nfile,instruction\n"a\n,b.png","two\nlines"\n\n , \nc.png,x\n'
    assert [number for number, _ in _plain(body)] == [3, 6]
    assert _plain(body)[0][1] == {"file": "a\n,b.png", "instruction": "two\nlines"}


def test_cells_that_hold_nothing_are_not_given_and_some_hold_more_than_text() -> None:
    body = b'file,url,s3_keys,metadata,\n,,a.png | b c.png,"{""order"": 7}",\nx,,,{broken,\n'
    first, second = _rows(body)
    assert first.given == {"s3_keys": ["a.png", "b c.png"], "metadata": {"order": 7}}
    assert second.fault == "metadata: it is not valid JSON (line 1, column 2)."


def test_a_cell_without_a_column_is_a_fault_of_its_row_alone() -> None:
    first, second = _rows(b"file\na.png,what\nb.png\n")
    assert first.fault == "cell 2 (“what”) has no column name above it."
    assert (second.fault, second.given) == (None, {"file": "b.png"})


@pytest.mark.parametrize(
    ("body", "row", "words"),
    [
        (
            b"file;instrction\na;b\n",
            1,
            "column “instrction”: There is no field “instrction”. Did you mean “instruction”",
        ),
        (b"file,File\na,b\n", 1, "column “file” appears twice"),
        (b"", 1, "the file is empty; its first line names columns"),
        (b"\n\n", 1, "the file is empty"),
        (b'file\n"a.png\nb.png\n', 2, "row 2 cannot be read"),
        (b'file\na.png\n"b" c.png\n', 3, "row 3 cannot be read"),
        (b"file\n" + b"a" * MAX_ROW_CHARS, 2, "line 2 has more than 100,000 characters"),
    ],
)
def test_what_cannot_be_read_says_where_and_why(body: bytes, row: int, words: str) -> None:
    with pytest.raises(UnreadableRowsError) as refused:
        _rows(body)
    assert refused.value.row == row
    assert words in str(refused.value)


def test_json_lines() -> None:
    lines = [
        '\ufeff{"File": "a.png", "duration_seconds": 8, "title": null}',
        "",
        '{"instruction": "one\u2028line", "s3_keys": ["a"]}\r',
        "[1]",
        "{broken",
        "[" * 50_000,
        '{"metadata": {"a": NaN}}',
        '{"title": "\\ud800"}',
        '{"metadata": {"a": 1e999}}',
        '{"metadata": {"a": ' + "9" * 5000 + "}}",
        '{"title": "a", "title": "b"}',
    ]
    rows = _rows("\n".join(lines).encode(), "batch.JSONL")
    assert [row.row for row in rows] == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert rows[0].given == {"file": "a.png", "duration_seconds": 8}
    assert rows[1].given == {"instruction": "one\u2028line", "s3_keys": ["a"]}
    assert str(rows[2].fault).startswith("the line is not a JSON object")
    assert [str(row.fault).removeprefix("the line is not JSON: ") for row in rows[3:]] == [
        "it is not valid JSON (line 1, column 2).",
        "it is nested more than 32 levels deep.",
        "NaN is not a number in JSON.",
        "a text in it has an unpaired surrogate, which is half a character.",
        "a number in it is out of range.",
        "a number in it has more than 40 digits.",
        "an object in it has the same field twice.",
    ]


def test_a_brand_in_a_cell_is_json() -> None:
    (row,) = _rows(b'instruction,brand\nx,"{""colors"": [""#fff""]}"\n')
    assert row.given == {"instruction": "x", "brand": {"colors": ["#fff"]}}
    with pytest.raises(UnreadableRowsError, match=r'Write it as \{"brand": \{"logo": …\}\}'):
        _rows(b"instruction,logo\nx,logo.png\n")


@pytest.mark.parametrize("cell", ["[" * 30_000, '{"a": 1e999}', '{"a": NaN}', '"\\ud800"', "9" * 5000])
def test_metadata_in_a_cell_is_read_as_strictly(cell: str) -> None:
    quoted = cell.replace('"', '""')
    (row,) = _rows(f'instruction,metadata\nx,"{quoted}"\n'.encode())
    assert str(row.fault).startswith("metadata: ")


@given(st.binary(max_size=300), st.sampled_from(["batch.csv", "batch.jsonl"]))
def test_no_bytes_lead_to_anything_but_rows_or_a_reason(body: bytes, name: str) -> None:
    for encoding in encodings_of(body[:4]):
        try:
            for row in Rows(name, io.BytesIO(body), encoding):
                json.dumps(row.model_dump())
        except (UnicodeDecodeError, UnreadableRowsError) as reason:
            assert str(reason)  # noqa: PT017 - most bytes are rows


class _Endless:
    """A file of so many rows that is made while it is read."""

    def __init__(self, rows: int) -> None:
        self._left = rows
        self._rest = b"file,instruction\n"

    def read(self, count: int) -> bytes:
        while len(self._rest) < count and self._left:
            self._left -= 1
            self._rest += b"files/kettle.png,Make it shine for everybody who sees it.\n"
        piece, self._rest = self._rest[:count], self._rest[count:]
        return piece


def test_a_hundred_thousand_rows_take_no_more_memory_than_ten() -> None:
    def peak(rows: int) -> int:
        read = Rows("batch.csv", cast("BinaryIO", _Endless(rows)), "utf-8")
        tracemalloc.reset_peak()
        assert sum(1 for _ in read) == rows
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(10)
        base = tracemalloc.get_traced_memory()[0]
        assert peak(100_000) - base < 1_000_000
    finally:
        tracemalloc.stop()
