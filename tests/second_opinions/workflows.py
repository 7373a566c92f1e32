"""Both workflows as Step Functions gets them: definitions with every substitution made."""

import json
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.second_opinions.simulated_stack import simulated_stack
from tests.template.sam import ROOT, properties

State = dict[str, Any]

WORKFLOWS = ("VideoWorkflow", "BatchWorkflow")


@cache
def definition(workflow: str) -> dict[str, Any]:
    """Return the definition of a state machine of the template, by its logical id."""
    given = simulated_stack().resolve(properties(workflow)["DefinitionSubstitutions"])
    text = (ROOT / properties(workflow)["DefinitionUri"]).read_text()
    read: dict[str, Any] = json.loads(re.sub(r"\$\{(\w+)\}", lambda match: str(given[match[1]]), text))
    return read


def states(machine: dict[str, Any]) -> Iterator[tuple[str, State]]:
    """Yield each state with its name, at every depth: in maps and in parallel branches too."""
    for name, state in machine["States"].items():
        yield name, state
        inner = [state.get("ItemProcessor"), state.get("Iterator"), *state.get("Branches", [])]
        for within in filter(None, inner):
            yield from states(within)


def expressions(part: object) -> Iterator[str]:
    """Yield the text of each JSONata expression in a part of a definition."""
    if isinstance(part, dict):
        for item in part.values():
            yield from expressions(item)
    elif isinstance(part, list):
        for item in part:
            yield from expressions(item)
    elif isinstance(part, str) and part.startswith("{%") and part.endswith("%}"):
        yield part[2:-2].strip()
