"""What the locks hold, and the means to install them with any pip."""

import os
import re
from collections.abc import Iterator
from importlib.metadata import distribution, distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement

REQUIREMENTS = Path(__file__).parents[2] / "requirements"


def entries(lock: Path) -> Iterator[tuple[str, str, str]]:
    """Yield name, version and text of each entry."""
    for text in re.split(r"\n(?=\S)", lock.read_text().strip()):
        found = re.match(r"([\w.-]+)==([\w.]+)", text)
        assert found, f"an entry of {lock} has no version: {text}"
        yield found[1], found[2], text


def plain(name: str) -> str:
    """Return the name as an index writes it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def needing_extras() -> set[str]:
    """Return the packages of this environment that need an extra of another, with all that they need."""
    waiting = [
        (plain(found.name), "")
        for found in distributions()
        if any(need.extras for need in _needs(found.requires or [], ""))
    ]
    seen = set()
    while waiting:
        name, extra = waiting.pop()
        if (name, extra) not in seen:
            seen.add((name, extra))
            needs = _needs(distribution(name).requires or [], extra)
            waiting += [(plain(need.name), wanted) for need in needs for wanted in ("", *need.extras)]
    return {name for name, _ in seen}


def _needs(lines: list[str], extra: str) -> list[Requirement]:
    needs = map(Requirement, lines)
    return [need for need in needs if not need.marker or need.marker.evaluate({"extra": extra})]


def unreachable(said: str) -> None:
    """Skip a test that needs a package index; under CI=true it fails."""
    if os.environ.get("CI") == "true":
        pytest.fail(said)
    pytest.skip(f"This test needs a package index: {said}")
