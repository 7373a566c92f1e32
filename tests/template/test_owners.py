"""What the template lets each function see of other people's data, and whom it lets ask."""

import json
import re

import pytest

from aws.api_keys import PREFIX, SESSION_PREFIX
from tests.template.sam import Properties, properties, read_template, resources, translated
from videos.batches.batch import batch_id_for, is_results
from videos.events.sign_in import LINK_SECONDS

INBOX = "${InboxBucket.Arn}/"
# What requests and drops name, and what the pipeline itself writes beside it.
FOLDERS = {
    "inbox/*",
    "outbox/*",
    "uploads/*",
    "batches/*",
    "*/results.csv",
    "*/results-bat-????????????????????????.csv",
}


def _statements(name: str) -> dict[str, Properties]:
    (policy,) = properties(name)["Policies"]
    given = [item["Fn::If"][1] if "Fn::If" in item else item for item in policy["Statement"]]
    return {statement["Sid"]: statement for statement in given}


@pytest.mark.parametrize("name", resources("AWS::Serverless::Function"))
def test_no_function_reads_or_writes_all_of_the_inbox_bucket(name: str) -> None:
    for statement in _statements(name).values():
        named = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
        written = [resource.get("Fn::Sub", "") for resource in named if isinstance(resource, dict)]
        assert {one.removeprefix(INBOX) for one in written if one.startswith(INBOX)} <= FOLDERS


def test_the_results_of_a_batch_have_names_that_may_be_written() -> None:
    own = f"results-{batch_id_for('s3://bucket/key')}.csv"
    assert is_results(own)
    assert re.fullmatch(r"results-bat-.{24}\.csv", own)


def test_the_watch_page_reads_videos_and_not_the_backends_token() -> None:
    condition = _statements("WatchFunction")["ReadVideos"]["Condition"]
    assert condition == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["vid-*"]}}


def test_the_page_can_only_read_and_what_changes_takes_no_get() -> None:
    writing = re.compile(r"Put|Update|Delete|Start|Send|Publish")
    read = [action for given in _statements("WatchFunction").values() for action in _actions(given)]
    assert not [action for action in read if writing.search(action)]
    events = {name: properties(name)["Events"].values() for name in ("WatchFunction", "ChangeFunction")}
    methods = {name: {event["Properties"]["Method"] for event in given} for name, given in events.items()}
    assert methods == {"WatchFunction": {"GET", "HEAD"}, "ChangeFunction": {"POST"}}


def test_a_change_reaches_videos_and_drops_and_not_the_backends_token() -> None:
    statements = _statements("ChangeFunction")
    keys = {
        sid: sorted(key for keys in statement["Condition"].values() for key in keys["dynamodb:LeadingKeys"])
        for sid, statement in statements.items()
        if any(action.startswith("dynamodb:") for action in _actions(statement))
    }
    assert keys == {
        "ChangeVideos": ["vid-*"],
        "ForgetVideos": ["inbox#*", "vid-*"],
        "ReadPrices": ["costs"],
    }
    assert _actions(statements["ReadPrices"]) == ["dynamodb:GetItem"]
    actions = [action for statement in statements.values() for action in _actions(statement)]
    assert not [action for action in actions if "secretsmanager" in action or action == "s3:GetObject"]


def _actions(statement: Properties) -> list[str]:
    given = statement["Action"]
    return [given] if isinstance(given, str) else list(given)


def test_who_begins_a_session_sees_no_key_and_no_address_and_mails_nothing() -> None:
    statements = _statements("SignInFunction")
    answers = {"Fn::GetAtt": ["IdempotencyTable", "Arn"]}
    reached = {
        sid: (_actions(given), given["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        for sid, given in statements.items()
        if given["Resource"] == answers
    }
    assert reached == {
        "CountRequests": (["dynamodb:UpdateItem"], ["sign-in-calls#*"]),
        "BeginSessions": (["dynamodb:PutItem"], ["session#*"]),
        "UseLinks": (["dynamodb:DeleteItem"], ["sign-in-link#*", "session#*"]),
    }
    assert statements.keys() - reached.keys() == {"UseKey", "AskForMail"}
    assert statements["AskForMail"]["Resource"] == {"Fn::GetAtt": ["SignInQueue", "Arn"]}
    (event,) = properties("SignInFunction")["Events"].values()
    assert event["Properties"]["Method"] == "POST", "a program that opens a link signs nobody in"


def test_who_mails_links_sees_addresses_and_no_key_and_begins_no_session() -> None:
    statements = _statements("MailSignInFunction")
    keys = {
        sid: (_actions(given), given["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"])
        for sid, given in statements.items()
        if any(action.startswith("dynamodb:") for action in _actions(given))
    }
    assert keys == {
        "FindAddress": (["dynamodb:GetItem"], ["sign-in:*"]),
        "MakeLinks": (["dynamodb:PutItem"], ["sign-in-link#*"]),
    }
    queue = properties("SignInQueue")
    assert queue["VisibilityTimeout"] * queue["RedrivePolicy"]["maxReceiveCount"] == LINK_SECONDS


def test_the_authorizer_reads_sessions_and_no_answers() -> None:
    given = _statements("AuthorizeFunction")["LookUpSessions"]
    assert _actions(given) == ["dynamodb:GetItem"]
    assert given["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["session#*"]}}


def test_only_the_operator_makes_keys_and_names_who_can_sign_in() -> None:
    """Functions write one thing into the table of keys: the secret of webhooks."""
    writing = {
        (name, sid)
        for name in resources("AWS::Serverless::Function")
        for sid, given in _statements(name).items()
        if "ApiKeysTable" in json.dumps(given["Resource"]) and _actions(given) != ["dynamodb:GetItem"]
    }
    assert writing == {("DeliverWebhookFunction", "ReadSecrets")}


@pytest.mark.parametrize("name", ["NotifyMailFunction", "MailSignInFunction"])
def test_a_mail_without_a_known_sender_is_not_sent(name: str) -> None:
    assert _statements(name)["SendMail"]["Condition"] == {
        "StringEquals": {"ses:FromAddress": {"Ref": "MailSender"}}
    }


def test_the_gateway_asks_about_nothing_that_cannot_be_a_key() -> None:
    expression = properties("Api")["Auth"]["Authorizers"]["ApiKey"]["Identity"]["ValidationExpression"]
    assert expression in json.dumps(translated())  # SAM hands it on
    keys = [f"{prefix}{character * 43}" for character in "aZ0_-" for prefix in (PREFIX, SESSION_PREFIX)]
    assert [key for key in keys if not re.fullmatch(expression, key)] == []
    key = keys[0]
    made_up = ["", PREFIX, "x", key[4:], key * 2, f" {key}", key.upper(), f"{key}\n", f"{key} {key}"]
    assert [key for key in made_up if re.fullmatch(expression, key)] == []


def test_the_inbox_is_closed_by_default_and_may_be_opened_to_owners() -> None:
    parameter = read_template()["Parameters"]["InboxReaders"]
    assert parameter["Default"] == ""
    pattern = parameter["AllowedPattern"]
    assert all(re.fullmatch(pattern, names) for names in ("", "*", "shop", "shop,blog", "shop, a.b_c-d"))
    assert not any(re.fullmatch(pattern, names) for names in ("**", "shop;blog", ",", "a b"))
    functions = resources("AWS::Serverless::Function")
    readers = {name for name, made in functions.items() if "INBOX_READERS" in json.dumps(made)}
    assert readers == {"ApiFunction", "McpFunction", "SubmitRowFunction"}
