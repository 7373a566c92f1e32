"""Names in `functions`: one class for each name, so that a search finds one thing.

The SDK is a package of its own, whose names are those of the API.
"""

import ast
from collections import defaultdict
from pathlib import Path

FUNCTIONS = Path(__file__).resolve().parents[2] / "functions"


def test_no_two_classes_have_the_same_name() -> None:
    places = defaultdict[str, list[str]](list)
    for source in sorted(FUNCTIONS.rglob("*.py")):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                found = source.relative_to(FUNCTIONS)
                package = "the SDK's " if found.parts[0] == "nemo_video" else ""
                places[f"{package}{node.name}"].append(str(found))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
