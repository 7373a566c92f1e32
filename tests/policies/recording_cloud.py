"""The embedded cloud, which also writes down what its own evaluator of policies decides.

Run as a script, with the file to write to and the embedded cloud's own program: a line of JSON for each call
of a role, with the names of those of its statements that allow it. A statement that stands there alone is
what the call hangs on.
"""

import json
import runpy
import sys
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from ministack.core import iam_evaluator
from ministack.core.iam_evaluator import EvalContext, EvalResult, ParsedStatement

Policies = list[list[ParsedStatement]]


def record_to(path: Path) -> None:
    """Have every decision from now on written down."""
    enforce, evaluate = iam_evaluator.enforce, iam_evaluator.evaluate
    first: ContextVar[tuple[EvalContext, Policies] | None] = ContextVar("first", default=None)

    def remember(ctx: EvalContext, policies: Policies, *limits: Policies) -> EvalResult:
        if first.get() is None:  # afterwards the resource's own policy is evaluated the same way
            first.set((ctx, policies))
        return evaluate(ctx, policies, *limits)

    def enforce_and_tell(*arguments: Any, **named: Any) -> object:  # noqa: ANN401 - passed on as they come
        first.set(None)
        refusal = enforce(*arguments, **named)
        if (evaluated := first.get()) is not None:
            ctx, policies = evaluated
            statements = [statement for policy in policies for statement in policy]
            call = {
                "principal": ctx.principal_arn,
                "action": ctx.action,
                "resource": ctx.resource_arn,
                "allowed": refusal is None,
                "allowed_by": [s.sid for s in statements if evaluate(ctx, [[s]]).decision == "Allow"],
            }
            with path.open("a") as record:
                record.write(json.dumps(call) + "\n")
        return refusal

    iam_evaluator.evaluate, iam_evaluator.enforce = remember, enforce_and_tell


if __name__ == "__main__":
    embedded_aws, record = sys.argv.pop(), sys.argv.pop()
    record_to(Path(record))  # first: its parts take the evaluator as they find it
    runpy.run_path(embedded_aws, run_name="__main__")
