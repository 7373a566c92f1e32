"""The SAM transform, run once per value of each parameter, and what CloudFormation would make of it.

SAM names the deployment of an API after what it reads in the template. A value that SAM does not resolve
changes the API without a new deployment, so it never reaches the stage.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import pytest

from infra.simulated_stack import SimulatedStack
from tests.second_opinions.simulated_stack import EVERYTHING
from tests.template.sam import read_template, translated
from tests.template.stateful import STATEFUL, fixed_properties

PARAMETERS: dict[str, dict[str, Any]] = read_template()["Parameters"]

# Another value for parameters that are free text, where an option does not give one.
ANY_TEXT = "https://studio.example.com"


class Case(NamedTuple):
    """One changed parameter, in a stack with no option or with every option."""

    base: str
    name: str
    value: str


def _values(name: str, parameter: Mapping[str, Any]) -> list[str]:
    """Return the other allowed values; of numbers, the smallest and the largest are enough."""
    default = str(parameter["Default"])
    others = [str(value) for value in parameter.get("AllowedValues", []) if str(value) != default]
    if parameter["Type"] == "Number":
        return [others[0], others[-1]] if others else [str(int(default) + 1)]
    return others or [EVERYTHING.get(name, ANY_TEXT)]


CASES = [
    Case("no options", name, value)
    for name, parameter in PARAMETERS.items()
    for value in _values(name, parameter)
] + [Case("every option", name, str(PARAMETERS[name]["Default"])) for name in EVERYTHING]


@cache
def _stack(base: str, name: str = "", value: str = "") -> SimulatedStack:
    """Return the stack before a change, or with a name and a value the stack after it."""
    parameters = (EVERYTHING if base == "every option" else {}) | ({name: value} if name else {})
    return SimulatedStack(translated(**parameters), parameters)


def _one(stack: SimulatedStack, kind: str) -> tuple[str, dict[str, Any]]:
    """Return the logical id and the resolved properties of the only resource of a type."""
    ((name, _, properties),) = stack.resources(kind)
    return name, properties


def _changes_the_api(case: Case) -> bool:
    before, after = (_one(stack, "AWS::ApiGateway::RestApi") for stack in (_stack(case.base), _stack(*case)))
    return before != after


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_a_change_of_the_api_makes_a_new_deployment(case: Case) -> None:
    before, _ = _one(_stack(case.base), "AWS::ApiGateway::Deployment")
    after, _ = _one(_stack(*case), "AWS::ApiGateway::Deployment")
    assert before != after or not _changes_the_api(case), f"{case.name} never reaches the stage"


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_the_api_has_one_stage(case: Case) -> None:
    """A deployment that names a stage makes it, without the throttle of the other one."""
    stack = _stack(*case)
    _, stage = _one(stack, "AWS::ApiGateway::Stage")
    _, deployment = _one(stack, "AWS::ApiGateway::Deployment")
    assert {stage["StageName"], deployment.get("StageName", "live")} == {"live"}


@pytest.mark.parametrize("case", CASES, ids=" ".join)
def test_no_parameter_replaces_what_holds_data(case: Case) -> None:
    before, after = _fixed(_stack(case.base)), _fixed(_stack(*case))
    kept = before.keys() & after.keys()  # some queues and secrets exist with their option only
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def _fixed(stack: SimulatedStack) -> dict[str, dict[str, Any]]:
    """Return the properties of which another value would make another resource, by logical id."""
    return {
        name: {key: value for key, value in properties.items() if key in fixed_properties(kind)}
        for name, kind, properties in stack.resources()
        if kind in STATEFUL
    }


def test_the_cases_change_every_parameter_to_an_allowed_value_and_some_change_the_api() -> None:
    assert {case.name for case in CASES} == PARAMETERS.keys()
    for case in CASES:
        assert re.fullmatch(PARAMETERS[case.name].get("AllowedPattern", ".*"), case.value), case
    assert {case.name for case in CASES if _changes_the_api(case)} >= {"ExtensionOrigin"}
