"""Have Step Functions validate both workflows, without creating them."""

import json
import re
from collections.abc import Iterator, Mapping

from botocore.exceptions import ClientError

from infra.simulated_stack import SimulatedStack
from infra.verification.errors import CheckFailedError, NotRunError, is_unknown_operation
from infra.verification.target import Target
from infra.verification.template import ROOT, source

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


def definitions(stack: SimulatedStack) -> Iterator[tuple[str, str]]:
    """Yield the logical id and the definition of each workflow, with the ARNs of the simulated stack."""
    for name, _, properties in stack.resources("AWS::StepFunctions::StateMachine"):
        text = (ROOT / source()["Resources"][name]["Properties"]["DefinitionUri"]).read_text()
        yield name, _filled(text, properties.get("DefinitionSubstitutions", {}))


def validate(target: Target, definition: str) -> list[str]:
    """Return what Step Functions says of a definition that it accepts.

    Raises:
        CheckFailedError: Step Functions refuses it, or a placeholder has no value.
        NotRunError: An emulator does not have this API.
    """
    if missing := sorted(set(_PLACEHOLDER.findall(definition))):
        raise CheckFailedError(f"The template gives no value for {', '.join(missing)}.")
    try:
        answer = target.client("stepfunctions").validate_state_machine_definition(
            definition=definition, type="STANDARD", severity="WARNING"
        )
    except ClientError as error:
        if not target.is_aws and is_unknown_operation(error):
            raise NotRunError("Not available here: the emulator does not have this API.") from error
        raise
    said = [
        f"{item['severity']} {item['code']} at {item.get('location', '?')}: {item['message']}"
        for item in answer["diagnostics"]
    ]
    if answer["result"] != "OK":
        raise CheckFailedError(*said)
    states = len(json.loads(definition)["States"])
    return [f"{states} states at the top level.", *said]


def _filled(definition: str, values: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: values.get(match[1], match[0]), definition)
