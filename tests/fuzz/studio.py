# ruff: noqa: RUF001 - Chinese punctuation
"""Foreign input of all kinds for what reads it in the studio: `python -m tests.fuzz.studio [--examples N]`.

Each reader runs in a process with a limit of memory, and each input has a limit of time: the kernel ends a
process that passes one. What a reader may raise is its refusal alone. Prints a line for each reader, and
exits with 1 if one failed, naming the file that holds the input.
"""

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from studio.api.request_body import parse
from studio.api.requests import ClaimRequest, NewSession, RenderRequest, Run, UrlUpload
from studio.director.direct import direct
from studio.director.understand import understand
from studio.draft import Draft, parse_draft
from studio.errors import BadRequestError, UnusableDraftError
from studio.isolation.bounds import Bounds
from studio.media.metadata import read_markup

MEGABYTES, SECONDS_AN_INPUT = 800, 10.0
# Ten times as long by the clock: what waits takes no processor time, and on a busy machine all waits.
WAIT_AN_INPUT = 10 * SECONDS_AN_INPUT
ROOT = Path(__file__).resolve().parents[2]
_MODELS = (NewSession, ClaimRequest, UrlUpload, Run, RenderRequest)
_DRAFT = {
    "t": [
        {
            "tt": 0,
            "sg": [
                {"s": 0, "d": 1500, "m": {"path": [{"x": 0.2, "zoom": 2}], "colours": ["#000000", "#ffffff"]}}
            ],
        },
        {"tt": 1, "sg": [{"s": 0, "d": 1500, "m": {"style": "Calm", "volume": 0.5}}]},
        {"tt": 7, "sg": [{"s": 0, "d": 900, "m": {"text": "Urban Dreams", "role": "title"}}]},
    ],
    "d": 1500,
    "m": {"width": 320, "height": 180, "fps": 30},
}
_KEYS = st.sampled_from(
    [
        "t",
        "tt",
        "sg",
        "s",
        "d",
        "m",
        "path",
        "src",
        "text",
        "draft",
        "id",
        "sessionId",
        "urls",
        "new_message",
        "parts",
    ]
)
_ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from([10**400, -1, 2**63, 1e308, "x" * 10_000, "\ud800", "\0"]),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(_KEYS | st.text(max_size=8), inner, max_size=6)
    ),
    max_leaves=30,
)
_HOSTILE_JSON = st.sampled_from(
    [
        b"[" * 5000,
        b'{"a":' * 5000,
        b"9" * 5000,
        b"-" + b"9" * 400,
        b'"\\ud800"',
        b'"\\udfff\\ud800"',
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"1e-999",
        b'"\\u0000"',
        b"\xff\xfe",
        b"\xef\xbb\xbf{}",
        b'"' + b"\\" * 999,
        b"\xed\xa0\x80",
        b"[1,]",
        b"//",
    ]
)
_WORDS = st.sampled_from(
    [
        "make a",
        "video",
        "about",
        "title",
        "“",
        "”",
        '"',
        "'",
        "‘",
        "the first",
        "scene",
        "and",
        "1",
        "9999999999",
        "30 s",
        "seconds",
        "remove",
        "thank you",
        "\n",
        "  ",
        "做一个",
        "视频",
        "关于",
        "《",
        "，",
        "1.",
        "step",
        "> ",
        "\0",
        "0\0",
        "%",
        "$",
    ]
)
_TAGS = st.sampled_from(
    [
        "<html>",
        "<title>",
        "</title>",
        "<meta property='og:title' content='",
        "'>",
        '<meta name=description content="',
        '">',
        "<h1>",
        "<p>",
        "</p>",
        "<div itemscope itemtype='https://schema.org/Product' itemprop=x>",
        "<b itemprop=price>",
        "<script type='application/ld+json'>",
        "</script>",
        '{"@type":"Product","name":',
        '"offers":[{"price":',
        "[",
        "{",
        "}",
        "<img src='http://['>",
        "<img src=",
        "<!--",
        "-->",
        "<![CDATA[",
        "&#x0;",
        "&#1114112;",
        "<svg>",
        "<template>",
        "<table>",
        "€",
        "\u202e",
        "\0",
        "<meta property='og:image' content='data:,",
        "<base href='//'>",
        "<meta name=theme-color content='#",
    ]
)


@dataclass(frozen=True)
class Reader:
    """What reads an input, and what it may raise."""

    inputs: st.SearchStrategy[object]
    read: Callable[..., object]
    refusals: tuple[type[Exception], ...] = ()


def _read_body(model: type[BaseModel], body: bytes) -> None:
    parse(body, model)


def _read_page(markup: bytes, charset: str) -> None:
    found = read_markup(markup, "https://shop.example/a", charset)
    if found is not None:
        page = found.page
        assert len(page.title) <= 310
        assert max(map(len, (page.site, page.description, page.price, *page.headings)), default=0) <= 230
        json.dumps([page.title, *found.pictures]).encode()


def _read_draft(value: object) -> None:
    draft = parse_draft(value)
    assert parse_draft(draft.to_wire()) == draft
    json.dumps(draft.to_wire(), allow_nan=False)


def _read_message(text: object) -> None:
    told = understand(str(text), Draft.model_validate(_DRAFT), [], 0)
    assert told.text or told.draft or told.wish
    told = understand(str(text), None, [], 0)
    if told.wish:
        direct(told.wish, [])


def _with(whole: object, path: tuple[int, ...], value: object) -> object:
    """JSON with another value at a place."""
    if not path or not isinstance(whole, dict | list) or not whole:
        return value
    first, *rest = path
    if isinstance(whole, list):
        index = first % len(whole)
        return [_with(part, tuple(rest), value) if i == index else part for i, part in enumerate(whole)]
    name = list(whole)[first % len(whole)]
    return {key: _with(part, tuple(rest), value) if key == name else part for key, part in whole.items()}


_PATHS = st.lists(st.integers(0, 9), max_size=8).map(tuple)
_BODIES = (
    st.binary(max_size=300)
    | _HOSTILE_JSON
    | st.tuples(_HOSTILE_JSON, _HOSTILE_JSON).map(
        lambda two: b'{"id":"a","sessionId":%s,"draft":{"t":%s}}' % two
    )
    | _ANYTHING.map(lambda value: json.dumps(value).encode())
    | st.tuples(_PATHS, _ANYTHING).map(
        lambda how: json.dumps({"id": "a", "sessionId": "b", "draft": _with(_DRAFT, *how)}).encode()
    )
)
_MARKUP = (
    st.binary(max_size=500)
    | st.lists(st.tuples(_TAGS | st.text(max_size=10), st.integers(1, 40)), max_size=40).map(
        lambda parts: "".join(part * times for part, times in parts).encode(errors="surrogatepass")
    )
    | st.tuples(_TAGS, st.integers(1, 20_000)).map(lambda how: (how[0] * how[1]).encode())
)
_CHARSETS = st.sampled_from(
    [
        "utf-8",
        "utf-16",
        "utf-7",
        "latin-1",
        "gb18030",
        "iso2022_jp",
        "punycode",
        "idna",
        "hex",
        "klingon",
        "\0",
        "undefined",
    ]
)
_MESSAGES = st.lists(st.tuples(_WORDS | st.text(max_size=12), st.integers(1, 300)), max_size=25).map(
    lambda parts: " ".join(part * times for part, times in parts)[:20_000]
)
READERS = {
    "request bodies": Reader(st.tuples(st.sampled_from(_MODELS), _BODIES), _read_body, (BadRequestError,)),
    "pages": Reader(st.tuples(_MARKUP, _CHARSETS), _read_page),
    "drafts": Reader(
        _ANYTHING | st.tuples(_PATHS, _ANYTHING).map(lambda how: _with(_DRAFT, *how)),
        _read_draft,
        (UnusableDraftError,),
    ),
    "messages": Reader(_MESSAGES, _read_message),
}


def fuzz(name: str, examples: int, input_file: Path) -> None:
    """Read that many inputs in this process, which the kernel ends when one takes too much."""
    reader = READERS[name]
    count, slowest = 0, 0.0
    # What it loads once is no input's fault.
    read_markup("<title>x</title>", "https://shop.example/")
    understand("make a video", None, [], 0)
    Bounds(seconds=3600, megabytes=MEGABYTES).apply()

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(reader.inputs)
    def read(value: object) -> None:
        nonlocal count, slowest
        input_file.write_text(repr(value), errors="backslashreplace")
        before = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, SECONDS_AN_INPUT)
        signal.setitimer(signal.ITIMER_REAL, WAIT_AN_INPUT)
        try:
            reader.read(*value) if isinstance(value, tuple) else reader.read(value)
        except reader.refusals:
            pass
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.setitimer(signal.ITIMER_REAL, 0)
        count += 1
        slowest = max(slowest, time.process_time() - before)

    read()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1000
    print(f"{name}: {count} inputs, 0 failures, slowest {slowest:.2f} s, at most {peak} MB")  # noqa: T201


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=1000, help="for each reader (%(default)s)")
    parser.add_argument("--reader", choices=READERS, help=argparse.SUPPRESS)
    parser.add_argument("--input-file", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.reader:
        fuzz(options.reader, options.examples, options.input_file)
        return 0
    failed = 0
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    for name in READERS:
        input_file = folder / name.replace(" ", "-")
        command = [sys.executable, "-m", "tests.fuzz.studio", f"--examples={options.examples}"]
        command += [f"--reader={name}", f"--input-file={input_file}"]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code:
            failed = 1
            print(f"{name}: failed ({code}); the input lies in {input_file}")  # noqa: T201
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
