"""Whatever comes from outside is read, or refused in words: nothing else is raised, and nothing hangs.

A few examples each in the suite; `make fuzz EXAMPLES=20000` tries more, and docs/security.md has the count.
"""

import io
import json
import os
from email.header import Header
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from aws.buckets import _decoded
from handlers.http.reading import UnreadableRequestError, read_request
from safe_http.errors import UrlError
from safe_http.guard import Guard
from studio.director.quoted import without_quoted
from videos.batches.rows_file import Rows, UnreadableRowsError, encodings_of
from videos.model.redaction import shown_address, without_secrets
from videos.model.texts import decoded
from videos.model.video import PageFacts
from videos.requests.json_reader import MAX_DEPTH, UnreadableJsonError, is_text, read_json
from videos.requests.link_files import NoAddressError, address_in, link_in
from videos.requests.options import FieldError, ManifestRequest, RequestOptions, RowRequest, VideoRequest
from videos.requests.options import read_request as parse
from videos.requests.page_material import HEADING, QUOTE, material_of

if TYPE_CHECKING:
    from collections.abc import Callable

fuzz = settings(
    max_examples=int(os.environ.get("FUZZ_EXAMPLES", "25")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# Text with everything that has broken a parser: halves of characters, controls, marks of direction and order.
CHARACTERS = st.one_of(
    st.characters(),
    st.characters(categories=["Cs", "Cc", "Cf", "Co", "Zl", "Zp"]),
    st.sampled_from("{}[]\":,\\'\0\n\r\ufeff\uffff\u2028<>=;|#&?/@%"),
)
TEXT = st.text(CHARACTERS, max_size=120)
NUMBERS = st.one_of(
    st.sampled_from(["1e999", "-1E+400", "NaN", "Infinity", "-Infinity", "-0", "1e-999", "00", "9" * 5000]),
    st.integers().map(str),
    st.floats().map(repr),
)
SCALARS = st.one_of(
    TEXT.map(json.dumps), TEXT.map(lambda text: f'"{text}"'), NUMBERS, st.sampled_from(["null", "true"])
)
NAMES = st.one_of(
    st.sampled_from(
        sorted({*RowRequest.model_fields, *ManifestRequest.model_fields, "title", "text", "rows"})
    ),
    TEXT,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=5).map(lambda parts: f"[{','.join(parts)}]"),
        st.lists(st.tuples(NAMES.map(json.dumps), inner), max_size=5).map(
            lambda pairs: "{" + ",".join(f"{name}:{value}" for name, value in pairs) + "}"
        ),
    ),
    max_leaves=20,
)
DEEP = st.builds(
    lambda sign, depth: sign * depth,
    st.sampled_from(["[", '{"a":', "[[{", '[{"a":[']),
    st.integers(1, 40_000),
)
BODIES = st.one_of(JSON, DEEP, TEXT, st.builds(lambda a, b: a + b, JSON, TEXT))
BYTES = st.one_of(
    st.binary(max_size=300),
    st.builds(
        lambda text, encoding: text.encode(encoding, "surrogatepass"),
        BODIES,
        st.sampled_from(["utf-8", "utf-16", "utf-16-be"]),
    ),
    st.builds(
        lambda mark, body: mark + body,
        st.sampled_from([b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"]),
        st.binary(max_size=200),
    ),
)


def _depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _is_a_sentence(error: Exception) -> None:
    assert is_text(str(error))
    assert len(str(error)) < 3000


def _is_a_refusal(error: UnreadableRequestError) -> None:
    assert 400 <= error.response.status_code < 500


@fuzz
@given(st.one_of(BODIES, BYTES))
@example("[" * 100_000)
@example(b"\xff\xfe" + '{"a": "\ud800"}'.encode("utf-16-le", "surrogatepass"))
def test_the_one_reader(body: str | bytes) -> None:
    try:
        value = read_json(body)
    except UnreadableJsonError:
        return
    assert _depth(value) <= MAX_DEPTH
    written = json.dumps(value, allow_nan=False, ensure_ascii=False)
    assert is_text(written)
    assert read_json(written.encode()) == value


@fuzz
@given(st.sampled_from([RequestOptions, VideoRequest, RowRequest, ManifestRequest]), BODIES)
def test_sidecars_manifests_and_rows(kind: type[RequestOptions], body: str) -> None:
    try:
        value = read_json(body)
        request = parse(kind, value if isinstance(value, dict) else {"instruction": value})
    except (UnreadableJsonError, FieldError) as error:
        _is_a_sentence(error)
    else:
        assert request.model_dump_json()


@fuzz
@given(st.sampled_from(["batch.csv", "batch.jsonl", "batch.tsv", "batch.ndjson"]), BYTES)
def test_files_of_rows(name: str, body: bytes) -> None:
    for encoding in encodings_of(body[:4]):
        try:
            for row in Rows(name, io.BytesIO(body), encoding):
                assert json.dumps(row.model_dump()).isascii()
        except (UnreadableRowsError, UnicodeDecodeError):
            continue


@fuzz
@given(
    st.sampled_from(["a.url", "a.webloc", "a.desktop", "a.txt"]),
    st.sampled_from(["", "[InternetShortcut]\n", "[Desktop Entry]\n"]),
    BYTES,
)
def test_link_files(name: str, head: str, body: bytes) -> None:
    link_in(decoded(body))
    try:
        address = address_in(name, head.encode() + body)
    except NoAddressError:
        return
    assert is_text(address)
    assert is_text(shown_address(address))


@fuzz
@given(st.sampled_from(["http://", "https://xn--", "http://[", "HTTP:\\\\", ""]), TEXT)
def test_addresses(scheme: str, rest: str) -> None:
    for address in (scheme + rest, f"{scheme}{rest}.example/", f"{scheme}example.com/{rest}"):
        try:
            checked = Guard(resolve=lambda _host, _port: ["93.184.215.14"]).check(address)
        except UrlError as error:
            _is_a_sentence(error)
        else:
            assert checked.url.host  # httpx itself can read it


@fuzz
@given(TEXT)
def test_what_is_shown_of_texts_with_addresses(text: str) -> None:
    for said in (text, f"https://me:hush@shop.example/{text}", f"See http://shop.example/?token=hush&{text}"):
        shown = without_secrets(said)
        assert "me:hush@" not in shown
        assert "token=hush" not in shown


@fuzz
@given(
    st.dictionaries(
        st.sampled_from(["title", "description", "url", "text"]), st.one_of(TEXT, st.text(max_size=3000))
    )
)
def test_page_words(facts: dict[str, str]) -> None:
    lines = material_of(PageFacts(**facts))
    assert all(line.startswith(QUOTE) and len(line.splitlines()) == 1 for line in lines[1:])
    assert lines[:1] in ([], [HEADING])
    assert without_quoted("\n".join(["Make a video.", *lines]))[0] == "Make a video."


@fuzz
@given(
    st.one_of(
        TEXT,
        TEXT.map(lambda text: Header(text.encode("utf-8", "replace"), "utf-8").encode()),
        st.builds(
            lambda codec, form, text: f"=?{codec}?{form}?{text}?=",
            st.sampled_from(["utf-7", "unicode_escape", "idna", "punycode", "utf-16", "zlib_codec"]),
            st.sampled_from("QqBb"),
            TEXT,
        ),
    )
)
def test_metadata_of_objects(value: str) -> None:
    assert is_text(_decoded(value))


EVENT: dict[str, object] = {"path": "/v1/videos", "httpMethod": "POST", "headers": {}}


@fuzz
@given(BODIES, TEXT, TEXT, st.dictionaries(TEXT, st.lists(TEXT, max_size=2), max_size=3))
def test_requests(body: str, path: str, key: str, query: dict[str, list[str]]) -> None:
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    event = EVENT | {
        "path": f"/v1/{path}",
        "body": body,
        "headers": headers,
        "multiValueQueryStringParameters": query,
    }
    try:
        read = read_request(event)
    except UnreadableRequestError as error:
        _is_a_refusal(error)
    else:
        assert json.dumps(read).isascii()
        assert is_text(f"{read['path']}{read['body']}{read['headers']['idempotency-key']}")


def test_no_reader_takes_time_that_grows_faster_than_its_input() -> None:
    """Sizes beyond what a body may have; the whole is over in moments, or the suite's timeout ends it."""
    long: list[tuple[Callable[[str], object], str]] = [
        (lambda text: address_in("a.url", text.encode()), "[InternetShortcut]\n" + "URL=\n" * 20_000),
        (lambda text: address_in("a.txt", text.encode()), "a" * 100_000),
        (without_secrets, "https://" * 20_000),
        (lambda text: material_of(PageFacts(title=text)), "\u201c" * 100_000),
        (without_quoted, f"{HEADING}\n" * 5_000),
    ]
    for read, text in long:
        try:
            read(text)
        except NoAddressError:
            continue
    for text in (
        "[" * 200_000,
        '{"a":' * 50_000,
        '"' + "\\u0041" * 50_000 + '"',
        "1" * 200_000,
        "[" + "1," * 100_000,
    ):
        with pytest.raises(UnreadableJsonError):
            read_json(text + "x")
