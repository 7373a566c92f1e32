"""Each JSONata expression of the workflows: the embedded cloud's evaluator beside the reference.

The embedded cloud evaluates with jsonata-python. Step Functions implements JSONata 2.0.6, which is on npm.
"""

import json
import re
from typing import Any

import jsonata  # type: ignore[import-untyped]  # the embedded cloud evaluates with it, too

from tests.second_opinions.programs import ask_node
from tests.second_opinions.workflows import WORKFLOWS, definition, expressions

EXPRESSIONS = sorted({text for name in WORKFLOWS for text in expressions(definition(name))})
FIELDS = sorted({name for text in EXPRESSIONS for name in re.findall(r"\$states\.input\.(\w+)", text)})

# Each of these stands in every field once.
VALUES: list[Any] = [
    *[None, True, False, 0, 1, -1, 60, 1.5, 1e21, 2**53, 100_000],
    *[
        "",
        "0",
        "true",
        "problem",
        "row#0000001",
        "Zürich 🎬",
        'a "quoted" line\nand another',
        "{% $states %}",
    ],
    *[[], [1], [[]], [None], ["a", "b"], [{"row": 1}, {"row": 2}]],
    *[{}, {"row": 7}, {"row": "7", "given": {"file": "a.png"}}, {"verdict": None}, {"row": {"row": 1}}],
]
VERDICTS = sorted({word for text in EXPRESSIONS for word in re.findall(r"'(\w+)'", text)})


def _bindings(field: Any, result: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    given = dict.fromkeys(FIELDS, field)
    return {
        "states": {
            "input": given,
            "result": {"Payload": result},
            "errorOutput": {"Error": "Lambda.Unknown", "Cause": field},
            "context": {"Task": {"Token": "AAAA+/=="}},
        },
        "job": {"video_id": "vid-1", "version": field},
        "end": {"next": field, "status": field, "code": field, "message": result},
        "given_up": given,
        "limited": field,
    }


NOTHING: dict[str, Any] = {"states": {"input": {}, "result": {}, "errorOutput": {}, "context": {}}}
INPUTS = [NOTHING, *(_bindings(value, value) for value in VALUES)]
INPUTS += [_bindings(verdict, {"verdict": verdict, "wait_seconds": 5}) for verdict in VERDICTS]


def _evaluated(expression: str, bindings: dict[str, Any]) -> dict[str, Any]:
    """Evaluate as the embedded cloud does; the shape is that of `node/evaluate.mjs`."""
    try:
        value = jsonata.Jsonata(expression).evaluate(None, bindings)
    except jsonata.JException as error:
        return {"error": error.error}
    # None is null or undefined, as in the embedded cloud, which tells them apart like this.
    defined = value is not None or jsonata.Jsonata(f"$exists(({expression}))").evaluate(None, bindings)
    return {"value": value} if defined else {}


def test_both_evaluators_agree() -> None:
    questions = [(expression, bindings) for expression in EXPRESSIONS for bindings in INPUTS]
    answers = ask_node("evaluate.mjs", questions)
    different = [
        f"{expression} with {json.dumps(bindings)[:200]}: {mine} here, {answer} there"
        for (expression, bindings), answer in zip(questions, answers, strict=True)
        if (mine := json.loads(json.dumps(_evaluated(expression, bindings)))) != answer
    ]
    assert not different, "\n".join(different[:20])
