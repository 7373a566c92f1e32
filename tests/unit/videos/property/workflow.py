"""The state machine of a version, read from its own definition and followed the way Step Functions does."""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

from pydantic import BaseModel

from tests.template.sam import ROOT, properties, read_template
from tests.unit.videos.property.world import Death, World
from videos.model.records import VersionRef
from videos.steps.result import StepResult

HISTORY_LIMIT = 25_000
"""Events after which Step Functions ends an execution, whatever it was doing."""

_EVENTS_PER_STATE = {"Task": 5}
_EXPRESSION = re.compile(r"\{% \$states\.([\w.]+)(?: = '(\w+)')? %\}")

State = dict[str, Any]
UseCase = Callable[[VersionRef], StepResult]
Enqueue = Callable[[dict[str, object]], None]


class Step(Protocol):
    """A step's function; `before` is what came of the step before, if the workflow tells it."""

    def __call__(self, ref: VersionRef, before: Mapping[str, str]) -> StepResult: ...


@cache
def definition() -> dict[str, Any]:
    machine: dict[str, Any] = json.loads((ROOT / "infra" / "video.asl.json").read_text())
    return machine


@cache
def lifetime(step: str) -> float:
    """Seconds that a function of the template may run."""
    function = read_template()["Globals"]["Function"] | properties(f"{step}Function")
    timeout: int = function["Timeout"]
    return timeout


class Execution:
    """One execution; `over` is the state that ended it, None while it runs or when it was cut off."""

    def __init__(
        self,
        ref: VersionRef,
        world: World,
        steps: Mapping[str, Step],
        enqueue: Enqueue,
        tokens: dict[str, "Task"],
    ) -> None:
        self.over: str | None = None
        self.entered: list[str] = []
        self.stopped = False
        self.error: str | None = None
        self._world = world
        self._steps = steps
        self._enqueue = enqueue
        self._tokens = tokens
        self._events = 0
        self._input = ref.model_dump()
        world.after(0, lambda: self._enter(definition()["StartAt"], self._input))

    @property
    def runs(self) -> bool:
        """Whether it has neither ended nor been stopped."""
        return self.over is None and not self.stopped and self._events <= HISTORY_LIMIT

    def stop(self) -> None:
        """Take no further step; a function that runs goes on."""
        self.stopped = True

    def _enter(self, name: str, given: Any) -> None:  # noqa: ANN401 - JSON
        if self.stopped:
            return
        state: State = definition()["States"][name]
        kind = state["Type"]
        self.entered.append(name)
        self._events += _EVENTS_PER_STATE.get(kind, 2)
        if self._events > HISTORY_LIMIT:
            return
        match kind:
            case "Task":
                self._attempt(name, state, given, Counter())
            case "Wait":
                seconds = self._value(state["Seconds"], {"input": given})
                self._world.after(seconds, lambda: self._enter(state["Next"], given))
            case "Choice":
                taken = (
                    rule for rule in state["Choices"] if self._value(rule["Condition"], {"input": given})
                )
                self._enter(next(taken, {"Next": state["Default"]})["Next"], given)
            case "Succeed":
                self.over = name
            case "Fail":
                self.over = name
                self.error = self._value(state["Error"], {"input": given})
            case _:
                raise NotImplementedError(kind)

    def _attempt(self, name: str, state: State, given: Any, tried: Counter[int]) -> None:  # noqa: ANN401 - JSON
        if self.stopped:
            return
        task = Task(lambda result: self._finished(name, state, given, tried, result))
        self._world.after(state["TimeoutSeconds"], lambda: task.end(_Failure("States.Timeout")))
        if "waitForTaskToken" in state["Resource"]:
            token = f"token-{len(self._tokens)}"
            self._tokens[token] = task
            body = self._value(
                state["Arguments"]["MessageBody"], {"input": given, "context": {"Task": {"Token": token}}}
            )
            self._enqueue(body)
            return
        step = state["Arguments"]["FunctionName"].strip("${}")
        payload = self._value(state["Arguments"]["Payload"], {"input": given})
        ref, before = VersionRef.model_validate(payload), payload.get("before", {})
        self._world.spawn(
            lambda: self._steps[step](ref, before),
            lifetime(step),
            lambda outcome: task.end(_as_payload(outcome)),
        )

    def _finished(
        self,
        name: str,
        state: State,
        given: Any,  # noqa: ANN401 - JSON
        tried: Counter[int],
        result: Any,  # noqa: ANN401 - JSON
    ) -> None:
        if self.stopped:
            return
        if not isinstance(result, _Failure):
            output = self._value(state["Output"], {"result": result}) if "Output" in state else result
            self._enter(state["Next"], output)
            return
        matching = (
            (number, retry)
            for number, retry in enumerate(state.get("Retry", []))
            if result.matches(retry["ErrorEquals"])
        )
        number, retry = next(matching, (0, {"MaxAttempts": 0}))  # the first that matches decides
        if tried[number] < retry["MaxAttempts"]:
            pause = min(
                retry["IntervalSeconds"] * retry["BackoffRate"] ** tried[number], retry["MaxDelaySeconds"]
            )
            if retry["JitterStrategy"] == "FULL":
                pause = self._world.jittered(pause)
            self._world.after(pause, lambda: self._attempt(name, state, given, tried + Counter([number])))
            return
        for catch in state.get("Catch", []):
            if result.matches(catch["ErrorEquals"]):
                caught = {"Error": result.error, "Cause": result.cause}
                self._enter(catch["Next"], caught)
                return

    def _value(self, template: Any, states: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if isinstance(template, dict):
            return {name: self._value(item, states) for name, item in template.items()}
        if not (isinstance(template, str) and template.startswith("{%")):
            return template
        expression = _EXPRESSION.fullmatch(template)
        if expression is None:
            raise NotImplementedError(template)
        context = {"Execution": {"Input": self._input}} | states.get("context", {})
        value: Any = states | {"context": context}
        for name in expression[1].split("."):
            if expression[2] and name not in value:  # JSONata: nothing equals what is not there
                return False
            value = value[name]
        return value == expression[2] if expression[2] else value


class Task:
    """One attempt at a task. It ends once; what comes later finds nobody waiting."""

    def __init__(self, then: Callable[[Any], None]) -> None:
        self._then: Callable[[Any], None] | None = then

    def end(self, result: object) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(result)

    def fail(self, error: str) -> None:
        self.end(_Failure(error))


class _Failure:
    def __init__(self, error: str, cause: str = "") -> None:
        self.error = error
        self.cause = cause

    def matches(self, names: list[str]) -> bool:
        return self.error in names or "States.ALL" in names


def _as_payload(outcome: object | BaseException) -> object:
    match outcome:
        case Death():
            return _Failure("Lambda.Unknown")
        case Exception():
            return _Failure(type(outcome).__name__, json.dumps({"errorMessage": str(outcome)}))
        case BaseModel():
            return {"Payload": outcome.model_dump(mode="json")}
    return {"Payload": {}}
