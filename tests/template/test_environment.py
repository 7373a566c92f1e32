"""Every variable that a function reads is in its environment, and none that it does not read."""

import ast
from collections.abc import Callable, Collection, Iterator
from functools import cache

import pytest

from tests.template.sam import ROOT, read_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
FOR_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}
FOR_ALL: set[str] = set(read_template()["Globals"]["Function"]["Environment"]["Variables"])


# A port that another one is made of only where a variable asks for it.
ON_REQUEST = {("store", "_store_with_progress"): "PROGRESS", ("_store_with_progress", "topic"): "TOPIC_ARN"}

HANDLERS = ROOT / "functions/handlers"


@cache
def _module(name: str) -> ast.Module:
    return ast.parse(HANDLERS.joinpath(*name.split(".")[1:]).with_suffix(".py").read_text())


@cache
def _ports() -> dict[str, ast.FunctionDef]:
    """The functions of the wiring, by name."""
    return {node.name: node for node in _module("handlers.wiring").body if isinstance(node, ast.FunctionDef)}


def _imported(tree: ast.Module) -> Iterator[str]:
    """The modules of the handlers that one of them imports."""
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "handlers":
            for name in (node.module, *(f"{node.module}.{alias.name}" for alias in node.names)):
                if HANDLERS.joinpath(*name.split(".")[1:]).with_suffix(".py").is_file():
                    yield name


def _used(handler: str) -> set[str]:
    """The handler and whatever modules it leads to, but for the wiring, of which it uses parts."""
    seen: set[str] = set()
    front = {handler}
    while front:
        seen |= front
        front = {name for module in front for name in _imported(_module(module))} - seen - {"handlers.wiring"}
    return seen


def _wired(tree: ast.AST, given: Collection[str]) -> set[str]:
    """The ports that a module asks for, and those that these are made of."""
    seen: set[str] = set()
    front = {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "wiring"
    }
    while front:
        seen |= front
        front = {name for port in front for name in _made_of(port, given)} - seen
    return seen


def _made_of(port: str, given: Collection[str]) -> set[str]:
    named = {node.id for node in ast.walk(_ports()[port]) if isinstance(node, ast.Name)} & _ports().keys()
    return {name for name in named if ON_REQUEST.get((port, name)) in {None, *given}}


def _needed(tree: ast.AST) -> set[str]:
    """The variables without which it fails."""
    return {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "os.environ"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }


def _looked_for(tree: ast.AST) -> set[str]:
    """The variables that it can do without."""
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) == "os.environ.get"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def _variables(
    handler: str, given: Collection[str] = (), of: Callable[[ast.AST], set[str]] = _needed
) -> set[str]:
    modules = [_module(name) for name in _used(f"handlers.{handler}")]
    ports = [_ports()[port] for module in modules for port in _wired(module, given)]
    return {variable for tree in (*modules, *ports) for variable in of(tree)}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_finds_what_it_reads(name: str) -> None:
    handler = FUNCTIONS[name]["Handler"].removeprefix("handlers.").removesuffix(".handler")
    given = set(FUNCTIONS[name].get("Environment", {}).get("Variables", {}))
    assert given | FOR_ALL >= _variables(handler, given)
    assert given - _variables(handler, given) - _variables(handler, given, _looked_for) == set()


def test_something_is_read_at_all() -> None:
    assert _variables("queues.send_instruction") == {
        "VIDEOS_TABLE",
        "NEMO_API_URL",
        "NEMO_TOKEN_SECRET",
        "GENERATION_QUEUE",
        "INBOX_BUCKET",
        "MAX_RECEIVES",
        "VIDEOS_BUCKET",
    }
    assert {"IDEMPOTENCY_TABLE", "INBOX_BUCKET", "NEMO_API_URL"} < _variables("http.api")
    with_progress = _variables("queues.send_instruction", {"PROGRESS", "TOPIC_ARN"})
    assert with_progress - _variables("queues.send_instruction") == {"TOPIC_ARN", "WEBHOOK_QUEUE"}
    assert {"TOPIC_ARN", "WEBHOOK_QUEUE"} < _variables("workflow.finish")
    assert _variables("queues.deliver_webhook", of=_looked_for) == {"TRUSTED_HOSTS"}
    assert FOR_ALL >= FOR_POWERTOOLS
