"""The table of permissions in docs/security.md is the template's."""

import re

from tests.policies.mutate import MISSED, NOTHING_ASKED, REPORT, known
from tests.policies.scenarios import SCENARIOS
from tests.template.sam import read_template, resources

TEXT = REPORT.read_text()
WORKERS = resources("AWS::Serverless::Function") | resources("AWS::Serverless::StateMachine")
STATEMENTS = {
    (worker, (given["Fn::If"][1] if "Fn::If" in given else given)["Sid"])
    for worker, made in WORKERS.items()
    for given in made["Policies"][0]["Statement"]
}
OUTCOMES = known()


def test_the_table_has_statements_of_the_template_alone_and_says_how_many_there_are() -> None:
    assert OUTCOMES.keys() <= STATEMENTS, "run: make mutation-policies"
    assert f"Of {len(STATEMENTS)} statements, {len(OUTCOMES)} were removed in tests so far" in TEXT


def test_what_can_go_unnoticed_stands_there_with_its_reason() -> None:
    """A reason holds for the statement of one role, or for all of that name."""
    unnoticed = {key for key, outcome in OUTCOMES.items() if not outcome.endswith(MISSED)}
    reasons = re.findall(r"^\| `(\w+)`(?: of `(\w+)`)? \| ", TEXT, re.MULTILINE)
    excused = [
        {key for key in unnoticed if key[1] == sid and owner in {"", key[0]}} for sid, owner in reasons
    ]
    assert all(excused), "a reason for nothing"
    assert set().union(*excused) == unnoticed


def test_it_says_how_many_scenarios_there_are() -> None:
    assert f"`tests/policies` runs {len(SCENARIOS)} scenarios" in " ".join(TEXT.split())


def test_every_outcome_was_seen() -> None:
    assert all(
        outcome == NOTHING_ASKED or outcome.endswith(MISSED) or outcome.startswith("no scenario fails")
        for outcome in OUTCOMES.values()
    )


def test_every_parameter_that_holds_a_secret_is_hidden() -> None:
    parameters = read_template()["Parameters"]
    assert {name for name, parameter in parameters.items() if parameter.get("NoEcho")} == {
        "SlackWebhookUrl",
        "TeamsWebhookUrl",
        "DiscordWebhookUrl",
    }
