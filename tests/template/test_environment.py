"""Every variable that a function reads is in its environment, and none that it does not read."""

import ast
from collections.abc import Iterator
from functools import cache

import pytest

from tests.template.sam import ROOT, read_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
FOR_POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}
FOR_ALL: set[str] = set(read_template()["Globals"]["Function"]["Environment"]["Variables"])


@cache
def _module(name: str) -> ast.Module:
    return ast.parse((ROOT / "functions/handlers" / f"{name}.py").read_text())


def _read_from_environment(tree: ast.AST) -> set[str]:
    return {
        node.slice.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Subscript)
        and ast.unparse(node.value) == "os.environ"
        and isinstance(node.slice, ast.Constant)
        and isinstance(node.slice.value, str)
    }


def _wired(tree: ast.AST) -> Iterator[str]:
    """The names of the ports that a module asks for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "wiring":
            yield node.attr


def _variables(handler: str) -> set[str]:
    module = _module(handler)
    ports = {node.name: node for node in _module("wiring").body if isinstance(node, ast.FunctionDef)}
    read = _read_from_environment(module)
    modules = [module]
    if "handlers.step" in ast.unparse(module):
        modules.append(_module("step"))
    for port in (port for tree in modules for port in _wired(tree)):
        read |= _read_from_environment(ports[port])
    return read


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_finds_what_it_reads(name: str) -> None:
    handler = FUNCTIONS[name]["Handler"].split(".")[1]
    given = set(FUNCTIONS[name].get("Environment", {}).get("Variables", {}))
    assert given | FOR_ALL >= _variables(handler)
    assert given - _variables(handler) == set()


def test_something_is_read_at_all() -> None:
    assert _variables("send_instruction") == {
        "VIDEOS_TABLE",
        "NEMO_API_URL",
        "NEMO_TOKEN_SECRET",
        "MAX_RECEIVES",
    }
    assert FOR_ALL >= FOR_POWERTOOLS
