"""What the documents name exists: files, headings, commands, parameters, endpoints, tests, log lines."""

import json
import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest

from nemo_video.cli.main import cli
from nemo_video.mcp.tools import TOOLS
from tests.template.sam import ROOT, read_template

DOCUMENTS = sorted(
    path.relative_to(ROOT).as_posix()
    for pattern in ("*.md", "docs/*.md", "extension/*.md", ".github/*.md")
    for path in ROOT.glob(pattern)
)
WRITTEN_LATER = {"docs/aws-transcript.md"}

TEMPLATE = read_template()
MAKEFILE = (ROOT / "Makefile").read_text()
OPENAPI = json.loads((ROOT / "docs/openapi.json").read_text())
SCHEMAS = OPENAPI["components"]["schemas"]
OPERATIONS = {
    (method.upper(), re.sub(r"{\w+}", "{}", path))
    for path, methods in OPENAPI["paths"].items()
    for method in methods
} | {("GET", "/v1/openapi.json")}

_FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)
_SPAN = re.compile(r"`([^`]+)`")
_ROOTS = r"functions|recipes|studio|tests|infra|docs|bench|extension|requirements|\.github"
_ROOMS = (
    r"videos|backend|handlers|notifications|nemovideo|aws|safe_http|watch_page|home_page|pictures|media_probe"
    r"|nemo_video"
)
_PATH = re.compile(rf"(?<![\w/.<-])(?:{_ROOTS}|{_ROOMS})/[\w./-]*\w")
_LOGICAL_ID = re.compile(
    r"(?<![\w:])[A-Z]\w+(?:Function|Queue|DeadLetters|Alarm|Workflow|Bucket|Table|Topic|Secret)(?!\w)"
)


def _text(document: str) -> str:
    return (ROOT / document).read_text()


def _code(document: str) -> list[str]:
    text = _text(document)
    return [*_FENCE.findall(text), *(" ".join(span.split()) for span in _SPAN.findall(_FENCE.sub("", text)))]


def anchors(text: str) -> list[str]:
    """The anchors that GitHub makes of headings."""
    headings = re.findall(r"^#+ (.*)$", _FENCE.sub("", text), re.MULTILINE)
    plain = (re.sub(r"\[([^]]*)]\([^)]*\)", r"\1", heading).replace("`", "") for heading in headings)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in plain]


def _is_a_path(name: str) -> bool:
    return name in WRITTEN_LATER or any((folder / name).exists() for folder in (ROOT, ROOT / "functions"))


def _is_a_module(name: str) -> bool:
    path = Path(*name.split("."))
    return name == "pytest" or any(
        (folder / file).is_file()
        for folder in (ROOT, ROOT / "functions")
        for file in (path.with_suffix(".py"), path / "__main__.py")
    )


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_link_leads_to_a_file_and_to_a_heading_in_it(document: str) -> None:
    text = _text(document)
    broken = []
    for link in re.findall(r"]\(([^)\s]+)\)", text):
        path, _, anchor = link.partition("#")
        if re.match(r"\w+:", link):
            continue
        target = (ROOT / document).parent / path if path else ROOT / document
        if not target.exists() or (anchor and anchor not in anchors(target.read_text())):
            broken.append(link)
    assert broken == []


_BRITISH = re.compile(
    r"\w*(?:colour|behaviour|neighbour|favour|labour|grey|centre|licence|catalogue|(?:recogn|organ|real|normal)is[ei])\w*",
    re.IGNORECASE,
)


@pytest.mark.parametrize("document", [*DOCUMENTS, "docs/openapi.json", "skills/nemo-video/SKILL.md"])
def test_words_have_american_spelling(document: str) -> None:
    prose = _SPAN.sub("", _FENCE.sub("", _text(document)))
    assert _BRITISH.findall(prose) == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_file_that_is_named_is_there(document: str) -> None:
    named = {path for code in _code(document) for path in _PATH.findall(code)}
    assert {path for path in named if not _is_a_path(path)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_test_that_is_named_is_there(document: str) -> None:
    named = re.findall(r"(tests/[\w/]+\.py)::(\w+)", _text(document))
    assert [test for path, test in named if f"def {test}(" not in (ROOT / path).read_text()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_command_can_be_run_as_it_is_written(document: str) -> None:
    code = "\n".join(_code(document))
    targets = set(re.findall(r"(?:^|(?<=[\s;]))(?<!nemo-video )make ([a-z][a-z-]*)", code, re.MULTILINE))
    assert targets <= set(re.findall(r"^([a-z][a-z-]*):", MAKEFILE, re.MULTILINE))
    modules = set(re.findall(r"python -m ([\w.]+\w)", code))
    assert {module for module in modules if not _is_a_module(module)} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_command_of_the_program_is_one(document: str) -> None:
    code = "\n".join(line.partition(" #")[0] for line in "\n".join(_code(document)).splitlines())
    for line in re.findall(r"(?:^|\s)nemo-video ([a-z].*)", code, re.MULTILINE):
        name, *rest = shlex.split(line.strip())
        assert name in cli.commands, line
        options = {option for parameter in cli.commands[name].params for option in parameter.opts} | {
            "--help"
        }
        options |= {option for parameter in cli.commands[name].params for option in parameter.secondary_opts}
        own = takewhile(lambda word: word not in {"--", "|"}, rest)
        assert {word for word in own if word.startswith("-") and word != "-"} <= options, line


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_variable_of_a_command_is_read(document: str) -> None:
    readers = "\n".join([MAKEFILE, *(path.read_text() for path in (ROOT / "infra").rglob("*.py"))])
    lines = [line for code in _code(document) for line in code.splitlines()]
    given = {
        name
        for line in lines
        if re.search(r"(?:^|\s)(?<!nemo-video )make [a-z]", line)
        for name in re.findall(r"\b([A-Z][A-Z_]+)=", line)
    }
    assert {name for name in given if not re.search(rf"\b{name}\b", readers)} == set()


@pytest.mark.parametrize("document", [name for name in DOCUMENTS if name != "CHANGELOG.md"])
def test_a_parameter_an_output_and_a_resource_that_is_named_is_in_the_template(document: str) -> None:
    code = "\n".join(_code(document))
    outputs = set(re.findall(r"<([A-Z][A-Za-z]+)>", code))
    assert outputs <= TEMPLATE["Outputs"].keys() | TEMPLATE["Parameters"].keys()
    parameters = set(re.findall(r"(?<![\w-])([A-Z][a-z]+(?:[A-Z][a-z]+)+)=", code))
    others = "".join(
        (ROOT / path).read_text() for path in ("infra/deployer.yaml", "recipes/eventbridge.yaml")
    )
    assert {name for name in parameters - TEMPLATE["Parameters"].keys() if name not in others} == set()
    named = set(_LOGICAL_ID.findall(code))
    metrics = "\n".join(path.read_text() for path in (ROOT / "functions/handlers").rglob("*.py"))
    assert {name for name in named - TEMPLATE["Resources"].keys() if name not in metrics} == set()


@pytest.mark.parametrize("document", DOCUMENTS)
def test_an_endpoint_that_is_named_is_in_the_openapi_document(document: str) -> None:
    named = re.findall(r"\b(GET|POST|PUT|DELETE) (/v1/[\w/{}.-]*)", _text(document))
    used = {(method, re.sub(r"{\w+}", "{}", path).rstrip(".")) for method, path in named}
    assert used <= OPERATIONS


def test_a_log_line_that_the_run_book_searches_for_is_written() -> None:
    """A filter for a line that nothing writes finds nothing, and looks as if all were well."""
    text = _text("docs/operations.md")
    code = "\n".join(path.read_text() for path in (ROOT / "functions").rglob("*.py"))
    filters = re.findall(r"filter message in \[(.*?)]", text)
    lines = [line for listed in filters for line in re.findall(r'"(.*?)"', listed)]
    lines += re.findall(r"line\s+`([a-z][^`\"]+)`", text)
    assert lines
    assert [line for line in lines if f'"{line}"' not in code] == []
    fields = re.findall(r'line with `"(\w+)": "(\w+)"`', text)
    assert fields
    assert [name for name, _ in fields if f"{name}=" not in code] == []
    assert [value for _, value in fields if f'"{value}"' not in code] == []


def test_the_event_in_the_document_is_the_one_that_is_published() -> None:
    shown = re.findall(r"```json\n(.*?)```", _text("docs/notifications.md"), re.DOTALL)
    assert shown == [(ROOT / "tests/notifications/golden/ready/event.json").read_text()]


def test_the_request_fields_in_the_document_are_those_of_the_api() -> None:
    section = _text("docs/api.md").split("\n## Request fields\n")[1].split("\n### ")[0]
    names = {
        name for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE) for name in _SPAN.findall(cell)
    }
    assert names == SCHEMAS["VideoRequest"]["properties"].keys()


def test_the_tools_in_the_document_are_those_of_the_server() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (read|write) \| (spends|free) \|", _text("docs/mcp.md"), re.MULTILINE)
    spending = {name for name, tool in TOOLS.items() if "spends credits" in str(tool.description.description)}
    assert [name for name, _, _ in rows] == list(TOOLS)
    assert {name for name, _, cost in rows if cost == "spends"} == spending
    examples = re.findall(r"```json\n(.*?)```", _text("docs/mcp.md"), re.DOTALL)
    assert all("nemo-video" in json.loads(example)["mcpServers"] for example in examples)


def test_every_type_of_problem_is_in_a_table() -> None:
    code = "\n".join(path.read_text() for path in (ROOT / "functions/handlers/http").glob("*.py"))
    kinds = set(re.findall(r'problem\(\s*HTTPStatus\.\w+,\s*"([a-z-]+)"', code))
    kinds |= set(re.findall(r"urn:nemo-video:problem:([a-z-]+)", (ROOT / "template.yaml").read_text()))
    rows = re.findall(
        r"^\| \d{3}.*$", _text("docs/api.md") + "\n" + _text("docs/watch_page.md"), re.MULTILINE
    )
    assert kinds - {name for row in rows for name in _SPAN.findall(row)} == set()
