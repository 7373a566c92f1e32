"""What each function asks of AWS: `python -m tests.policies.calls` writes infra/verification/calls.json.

The scenarios run once on the embedded cloud, which records every call of every role. Names of the stack are
replaced by the logical ids of their resources, and random parts by examples, so that a run adds nothing new
unless a function asks for something new. Calls of earlier runs are kept while the policies grant them.
"""

import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import httpx

from infra.commands import Parser, command
from infra.local.stack import STACK
from infra.simulated_stack import SimulatedStack
from infra.verification.permissions import CALLS_FILE, granted_calls
from infra.verification.template import EVERYTHING
from tests.policies.scenarios import SCENARIOS
from tests.policies.stack import Stack, stack
from tests.template.sam import translated

Calls = dict[str, dict[str, list[str]]]
Found = dict[str, dict[str, set[str]]]

# Policies grant these by their names.
_NAMED = ("results.csv", "reply.txt")
_EXECUTION = re.compile(r"(?<=\}:)[\w-]+$")  # its name begins with the video's id


@command()
def main() -> int:
    """Run every scenario and write down what the roles asked for; 1 if a scenario failed."""
    Parser(prog="tests.policies.calls", description=__doc__).parse_args()
    failed = []
    with tempfile.TemporaryDirectory() as home, stack(Path(home)) as deployed:
        deployed.patience_seconds = 300  # on a busy machine, too
        for name, scenario in SCENARIOS.items():
            deployed.begin_anew()
            try:
                scenario(deployed)
            except (AssertionError, httpx.HTTPError) as error:  # what came before is recorded as well
                failed.append(f"{name} failed: {error}\n")
            sys.stdout.write(f"{name}\n")
            sys.stdout.flush()
        template = SimulatedStack(translated(**EVERYTHING), EVERYTHING)
        calls = merged(granted_calls(template), recorded(deployed))
        CALLS_FILE.write_text(json.dumps(calls, indent=1) + "\n")
    sys.stderr.writelines(failed)
    return 1 if failed else 0


def recorded(deployed: Stack) -> Calls:
    """Return what each role of the running stack asked for so far."""
    pages = deployed.endpoints.access.client("cloudformation").get_paginator("list_stack_resources")
    resources = [item for page in pages.paginate(StackName=STACK) for item in page["StackResourceSummaries"]]
    return calls_of(deployed.record.read_text().splitlines(), resources)


def merged(known: Calls, new: Calls) -> Calls:
    """Return all calls of both: what happens by chance in one run may not happen in the next."""
    found: Found = defaultdict(lambda: defaultdict(set))
    for calls in (known, new):
        for owner, actions in calls.items():
            for action, resources in actions.items():
                found[owner][action].update(resources)
    return _sorted(found)


def calls_of(lines: Iterable[str], resources: Iterable[dict[str, str]]) -> Calls:
    """Return the actions and resources that each function and workflow asked for, by its logical id."""
    names = {_name(item): item for item in resources}
    found: Found = defaultdict(lambda: defaultdict(set))
    for call in map(json.loads, lines):
        role = names.get(call["principal"].split("/")[1])
        if role is not None:
            owner = role["LogicalResourceId"].removesuffix("Role")
            found[owner][call["action"]].add(_general(call["resource"], names))
    return _sorted(found)


def _sorted(found: Found) -> Calls:
    return {
        owner: {action: sorted(asked) for action, asked in sorted(actions.items()) if asked}
        for owner, actions in sorted(found.items())
    }


def _name(resource: dict[str, str]) -> str:
    return re.split(r"[:/]", resource["PhysicalResourceId"])[-1]


def _general(arn: str, names: dict[str, dict[str, str]]) -> str:
    if arn == "*":
        return arn
    _, _, service, _, _, rest = arn.split(":", 5)
    for name, resource in sorted(names.items(), key=lambda item: -len(item[0])):
        if len(name) > len(STACK) and name in rest:
            placeholder = "{" + resource["LogicalResourceId"] + "}"
            rest = rest.replace(name, placeholder)
            if service == "secretsmanager":  # it adds six random characters to the name
                rest = f"secret:{placeholder}-AbCdEf"
            break
    if service == "s3":
        return f"arn:{{partition}}:s3:::{_general_key(rest)}"
    return f"arn:{{partition}}:{service}:{{region}}:{{account}}:{_EXECUTION.sub('example', rest)}"


def _general_key(path: str) -> str:
    """Keep what policies tell apart: the bucket, the first folder, and the names of some files."""
    bucket, _, key = path.partition("/")
    if not key:
        return bucket
    folder, _, name = key.partition("/")
    file = name.rpartition("/")[2]
    return f"{bucket}/{folder}/example" + (f"/{file}" if file in _NAMED else "")


if __name__ == "__main__":
    sys.exit(main())
