"""Names in `functions`: one class for each name, so that a search finds one thing."""

import ast
from collections import defaultdict
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


def test_no_two_classes_have_the_same_name() -> None:
    places = defaultdict[str, list[str]](list)
    for source in sorted(FUNCTIONS.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                places[node.name].append(str(source.relative_to(FUNCTIONS)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
