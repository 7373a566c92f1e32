"""Take each statement of each role away, once, and see a scenario fail: `python -m tests.policies.mutate`.

On one running cloud: first every scenario as it is, with what each role did in it written down; then, for
each statement that a call hung on, the scenarios, until one fails without it. The outcome is written into
docs/security.md; with `--roles`, of these alone, and the rest stays as it is.
"""

import argparse
import json
import re
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from tests.policies.scenarios import SCENARIOS, dropping
from tests.policies.stack import Role, Stack, stack

REPORT = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN, END = "<!-- policies: begin -->\n", "<!-- policies: end -->\n"
HEAD = "| role | statement | without it |\n|---|---|---|\n"
# A scenario that nothing holds up is over long before.
PATIENCE_SECONDS = 20.0
MISSED = "` fails"
NOTHING_ASKED = "never requested in the scenarios"

Key = tuple[str, str]


def main() -> None:
    """Run all of it, or the part that is asked for, and write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.policies.mutate", description=__doc__)
    parser.add_argument("--roles", default="", help="only roles whose name this regular expression finds")
    parser.add_argument("--left", action="store_true", help="only what no scenario fails without by now")
    options = parser.parse_args()
    outcomes = known()
    with tempfile.TemporaryDirectory() as home, stack(Path(home)) as deployed:
        deployed.patience_seconds = 300  # on a busy machine, too
        roles = deployed.roles()
        scenarios = _scenarios(deployed, roles)
        deployed.patience_seconds = PATIENCE_SECONDS
        statements = [(role, sid) for role in roles for sid in role.statements]
        there = {(role.owner, sid) for role, sid in statements}
        outcomes = {key: outcome for key, outcome in outcomes.items() if key in there}
        for role, sid in statements:
            key = (role.owner, sid)
            if options.left and outcomes.get(key, "").endswith(MISSED):
                continue
            if re.search(options.roles, role.owner):
                outcomes[key] = _outcome(deployed, role, sid, scenarios.get(key, []))
                sys.stdout.write(f"{role.owner} {sid}: {outcomes[key]}\n")
                sys.stdout.flush()
                _write(outcomes, len(there))


def known() -> dict[Key, str]:
    """What the table tells by now, by role and statement."""
    rows = re.findall(r"^\| (\w+) \| (\w+) \| (.+) \|$", _table(REPORT.read_text()), re.MULTILINE)
    return {(role, sid): outcome for role, sid, outcome in rows if role != "role"}


def _scenarios(deployed: Stack, roles: list[Role]) -> dict[Key, list[str]]:
    """For each statement that a call hangs on, the scenarios in which its role does anything.

    Those with such a call come first; but a warm function remembers what it was told, and when it begins anew
    it asks in any of them.
    """
    owners = {role.name: role.owner for role in roles}
    seconds: dict[str, float] = {}
    active: dict[str, set[str]] = defaultdict(set)
    needing: dict[Key, set[str]] = defaultdict(set)
    for name, scenario in SCENARIOS.items():
        before = len(deployed.record.read_text().splitlines())
        began = time.monotonic()
        deployed.begin_anew()
        scenario(deployed)
        seconds[name] = time.monotonic() - began
        for call in map(json.loads, deployed.record.read_text().splitlines()[before:]):
            owner = owners.get(call["principal"].split("/")[1])
            if owner is not None:
                active[owner].add(name)
                match call["allowed_by"]:
                    case [str(sid)]:
                        needing[owner, sid].add(name)
    return {
        (owner, sid): sorted(
            active[owner],
            # Dropping looks at most of what comes of a drop.
            key=lambda name: (name not in names, name != dropping.__name__, seconds[name]),
        )
        for (owner, sid), names in needing.items()
    }


def _outcome(deployed: Stack, role: Role, sid: str, scenarios: list[str]) -> str:
    if not scenarios:
        return NOTHING_ASKED
    with deployed.without(role, sid):
        for name in scenarios:
            before = len(deployed.record.read_text().splitlines())
            deployed.begin_anew()
            try:
                SCENARIOS[name](deployed)
            except Exception as error:  # however it fails, if it is for want of the statement
                if not _denied(deployed.record.read_text().splitlines()[before:], role):
                    raise RuntimeError(f"{name} fails, but not for want of {sid}") from error
                return f"`{name}{MISSED}"
            finally:
                deployed.clean_up()
    return f"no scenario fails ({len(scenarios)} tried)"


def _denied(calls: list[str], role: Role) -> bool:
    made = (json.loads(call) for call in calls)
    return any(not call["allowed"] and f"/{role.name}/" in call["principal"] for call in made)


def _write(outcomes: dict[Key, str], statements: int) -> None:
    text = REPORT.read_text()
    rows = "".join(f"| {role} | {sid} | {outcome} |\n" for (role, sid), outcome in sorted(outcomes.items()))
    failing = sum(outcome.endswith(MISSED) for outcome in outcomes.values())
    sums = (
        f"\nOf {statements} statements, {len(outcomes)} were removed in tests so far."
        f" For {failing} of these, a scenario failed.\n"
    )
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    REPORT.write_text(f"{before}{BEGIN}{HEAD}{rows}{sums}{END}{after}")


def _table(text: str) -> str:
    return text.split(BEGIN)[1].split(END, maxsplit=1)[0]


if __name__ == "__main__":
    main()
