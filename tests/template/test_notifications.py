"""Who is told of what, and with which permissions, as the template says."""

import re
from collections.abc import Mapping
from typing import Any

import pytest

from notifications.posting import ANSWER_SECONDS
from tests.template.sam import properties, read_template, resources

FUNCTIONS = resources("AWS::Serverless::Function")
SUBSCRIPTIONS = resources("AWS::SNS::Subscription")
EMAIL = {"NotificationEmail": "you@example.com"}
SENDER = {"MailSender": "videos@example.com"}
SLACK = {"SlackWebhookUrl": "https://hooks.slack.example/services/x"}
TEAMS = {"TeamsWebhookUrl": "https://teams.example/workflows/x"}
DISCORD = {"DiscordWebhookUrl": "https://discord.example/api/webhooks/x"}
BUS = {"EventBus": "videos"}
CHATS = ("Slack", "Teams", "Discord")
COPIES = {"OwnerBuckets": "arn:aws:s3:::acme-videos/*,arn:aws:s3:::others/shop/*"}
CHANNELS = ("Mail", *CHATS, "EventBus")

BY_BUS = {"EventBusQueue", "EventBusQueuePolicy", "EventBusSubscription", "NotifyEventBusFunction"}
BY_COPY = {"CopyQueue", "CopyQueuePolicy", "CopySubscription", "CopyFunction"}
BY_MAIL = {"MailQueue", "MailQueuePolicy", "MailSubscription", "NotifyMailFunction"}
SIGN_IN = {"SignInQueue", "SignInQueuePolicy", "MailSignInFunction"}


def _by_chat(name: str) -> set[str]:
    return {
        f"{name}WebhookSecret",
        f"{name}Queue",
        f"{name}QueuePolicy",
        f"{name}Subscription",
        f"Notify{name}Function",
        "ChannelWebhookGoneAlarm",
    }


def _holds(condition: str, parameters: Mapping[str, str]) -> bool:
    """Whether a condition holds for a stack with these parameters, and defaults for the others."""
    template = read_template()

    def value(term: Any) -> Any:  # noqa: ANN401, PLR0911 - a term is a bool or a text, and each kind returns
        match term:
            case {"Fn::Not": [inner]}:
                return not value(inner)
            case {"Fn::And": inner}:
                return all(map(value, inner))
            case {"Fn::Or": inner}:
                return any(map(value, inner))
            case {"Fn::Equals": [left, right]}:
                return value(left) == value(right)
            case {"Condition": str(name)}:
                return value(template["Conditions"][name])
            case {"Ref": str(name)}:
                return parameters.get(name, template["Parameters"][name].get("Default"))
            case str():
                return term
        raise AssertionError(f"unknown: {term}")

    return bool(value(template["Conditions"][condition]))


@pytest.mark.parametrize(
    ("parameters", "there"),
    [
        ({}, set()),
        (EMAIL, {"EmailSubscription"}),
        (SENDER, SIGN_IN),
        (SENDER | {"HomePage": "false"}, set()),
        (EMAIL | SENDER, BY_MAIL | SIGN_IN),
        (SLACK, _by_chat("Slack")),
        (TEAMS, _by_chat("Teams")),
        (DISCORD, _by_chat("Discord")),
        (BUS, BY_BUS),
        (COPIES, BY_COPY),
        (
            EMAIL | SENDER | SLACK | TEAMS | DISCORD | BUS,
            BY_MAIL.union(SIGN_IN, BY_BUS, *map(_by_chat, CHATS)),
        ),
        ({"OperatorEmail": "ops@example.com"}, {"OperatorSubscription"}),
    ],
)
def test_a_stack_has_what_it_takes_to_tell_those_who_want_to_be_told(
    parameters: dict[str, str], there: set[str]
) -> None:
    conditional = {
        name: item["Condition"] for name, item in read_template()["Resources"].items() if "Condition" in item
    }
    assert {name for name, condition in conditional.items() if _holds(condition, parameters)} == there


@pytest.mark.parametrize("channel", [*CHANNELS, "Copy"])
def test_a_channel_gets_the_event_itself_from_the_topic_and_from_nobody_else(channel: str) -> None:
    queue = {"Fn::GetAtt": [f"{channel}Queue", "Arn"]}
    topic = {"Ref": "AnnouncementTopic"}
    subscription = SUBSCRIPTIONS[f"{channel}Subscription"]
    assert (subscription["TopicArn"], subscription["Protocol"]) == (topic, "sqs")
    assert (subscription["Endpoint"], subscription["RawMessageDelivery"]) == (queue, True)
    policy = properties(f"{channel}QueuePolicy")
    assert policy["Queues"] == [{"Ref": f"{channel}Queue"}]
    (statement,) = (item for item in policy["PolicyDocument"]["Statement"] if item["Effect"] == "Allow")
    assert (statement["Action"], statement["Resource"]) == ("sqs:SendMessage", queue)
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"}
    assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": topic}}


def test_mails_tell_of_ends_and_chats_of_progress_too_but_none_of_single_rows_of_a_batch() -> None:
    no_rows = {"batch": [{"exists": False}]}
    ends = {"type": ["video.ended", "batch.ended"], **no_rows}
    assert [
        SUBSCRIPTIONS[name].get("FilterPolicy") for name in ("EmailSubscription", "MailSubscription")
    ] == [
        ends,
        ends,
    ]
    assert [SUBSCRIPTIONS[f"{name}Subscription"]["FilterPolicy"] for name in CHATS] == [no_rows] * len(CHATS)


def test_rules_of_the_event_bus_choose_among_all_events() -> None:
    assert "FilterPolicy" not in SUBSCRIPTIONS["EventBusSubscription"]


def test_events_are_put_on_the_one_bus_that_was_named() -> None:
    function = FUNCTIONS["NotifyEventBusFunction"]
    assert function["Environment"]["Variables"]["EVENT_BUS"] == {"Ref": "EventBus"}
    (put,) = [
        statement["Resource"]
        for policy in function["Policies"]
        for statement in policy["Statement"]
        if statement.get("Action") == "events:PutEvents"
    ]
    scope = "arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}"
    assert put == {"Fn::Sub": f"{scope}:event-bus/${{EventBus}}"}


def test_only_what_is_ready_is_copied_and_the_results_of_rows_too() -> None:
    assert SUBSCRIPTIONS["CopySubscription"]["FilterPolicy"] == {"type": ["video.ended"], "status": ["ready"]}


def test_results_are_copied_to_where_the_operator_allows_it_and_nowhere_else() -> None:
    statements = {
        statement["Sid"]: statement
        for policy in FUNCTIONS["CopyFunction"]["Policies"]
        for statement in policy["Statement"]
        if "Sid" in statement
    }
    assert statements["WriteCopies"]["Resource"] == {"Fn::Split": [",", {"Ref": "OwnerBuckets"}]}
    actions = {sid: str(item["Action"]) for sid, item in statements.items()}
    writing = {sid for sid, action in actions.items() if re.search(r"s3:(Put|Delete|Restore|\*)", action)}
    assert writing == {"WriteCopies"}
    assert "Delete" not in str(statements["WriteCopies"]["Action"])
    reading = statements["FindDestination"]
    assert reading["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["owner-bucket:*"]}}


def test_a_failing_copy_holds_up_nothing() -> None:
    function = FUNCTIONS["CopyFunction"]
    assert function["Environment"]["Variables"]["NOTIFICATION_QUEUE"] == {"Ref": "CopyQueue"}
    assert properties("CopyQueue")["RedrivePolicy"] == properties("MailQueue")["RedrivePolicy"]
    others = [str(item) for name, item in FUNCTIONS.items() if name != "CopyFunction"]
    assert not any("OwnerBuckets" in item or "CopyQueue" in item for item in others)


@pytest.mark.parametrize(
    ("target", "may"),
    [
        ("arn:aws:s3:::acme-videos/*", True),
        ("arn:aws-cn:s3:::acme-videos/finished/shop/*", True),
        ("arn:aws:kms:eu-west-1:111122223333:key/7e1f6f0e-0000-4000-8000-000000000000", True),
        ("arn:aws:s3:::acme-videos/*,arn:aws:s3:::others/shop/*", True),
        ("", True),
        (",", False),
        ("*", False),
        ("arn:aws:s3:::acme-videos/*,*", False),
        ("arn:aws:s3:::acme-videos/**/*", False),
        ("arn:aws:s3:::*", False),
        ("arn:aws:s3:::*/finished/*", False),
        ("arn:aws:s3:::acme-videos", False),
        ("arn:aws:kms:eu-west-1:111122223333:key/*", False),
        ("acme-videos", False),
    ],
)
def test_a_target_names_its_bucket_or_its_key(target: str, *, may: bool) -> None:
    pattern = read_template()["Parameters"]["OwnerBuckets"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, target)) is may


@pytest.mark.parametrize(
    ("bus", "may"), [("", True), ("default", True), ("shop.videos-2_a", True), ("*", False), ("a*", False)]
)
def test_a_bus_is_named_wholly(bus: str, *, may: bool) -> None:
    pattern = read_template()["Parameters"]["EventBus"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, bus)) is may


@pytest.mark.parametrize("channel", CHANNELS)
def test_one_failing_channel_holds_up_no_other(channel: str) -> None:
    function = FUNCTIONS[f"Notify{channel}Function"]
    assert function["Environment"]["Variables"]["NOTIFICATION_QUEUE"] == {"Ref": f"{channel}Queue"}
    (source,) = function["Events"].values()
    assert source["Properties"]["Queue"] == {"Fn::GetAtt": [f"{channel}Queue", "Arn"]}
    assert source["Properties"]["BatchSize"] == 1
    (postponing,) = [
        statement["Resource"]
        for policy in function["Policies"]
        for statement in policy["Statement"]
        if statement.get("Action") == "sqs:ChangeMessageVisibility"
    ]
    assert postponing == {"Fn::GetAtt": [f"{channel}Queue", "Arn"]}


@pytest.mark.parametrize("channel", CHATS)
def test_a_channel_may_be_waited_for(channel: str) -> None:
    assert FUNCTIONS[f"Notify{channel}Function"]["Timeout"] > ANSWER_SECONDS


@pytest.mark.parametrize("channel", CHATS)
def test_the_webhook_stands_in_its_secret_and_nowhere_else(channel: str) -> None:
    template, parameter = read_template(), f"{channel}WebhookUrl"
    assert template["Parameters"][parameter]["NoEcho"] is True
    using = {name for name, item in template["Resources"].items() if f"'{parameter}'" in str(item)}
    assert using == {f"{channel}WebhookSecret"}
    assert parameter not in str(template.get("Outputs"))


@pytest.mark.parametrize("channel", CHATS)
def test_a_worker_reads_the_secret_of_its_own_channel_alone(channel: str) -> None:
    function = FUNCTIONS[f"Notify{channel}Function"]
    secret = {"Fn::GetAtt": [f"{channel}WebhookSecret", "Id"]}
    assert function["Handler"] == f"handlers.queues.notify_{channel.lower()}.handler"
    assert function["Environment"]["Variables"]["CHANNEL_WEBHOOK_SECRET"] == secret
    (read,) = [
        statement["Resource"]
        for policy in function["Policies"]
        for statement in policy["Statement"]
        if statement.get("Action") == "secretsmanager:GetSecretValue"
    ]
    assert read == secret


@pytest.mark.parametrize("channel", CHATS[1:])
def test_each_chat_is_made_as_slack_is(channel: str) -> None:
    made = {name: item for name, item in read_template()["Resources"].items() if name in _by_chat(channel)}
    as_slack = str(made).replace(channel, "Slack").replace(channel.lower(), "slack")
    slack = {name: item for name, item in read_template()["Resources"].items() if name in _by_chat("Slack")}
    expected = str(slack).replace(
        slack["SlackWebhookSecret"]["Properties"]["Description"],
        made[f"{channel}WebhookSecret"]["Properties"]["Description"].replace(channel, "Slack"),
    )
    assert as_slack == expected


def test_who_reports_a_beginning_may_announce_it_where_progress_is_told() -> None:
    telling = {
        name
        for name, function in FUNCTIONS.items()
        if {"PROGRESS", "TOPIC_ARN"} <= function.get("Environment", {}).get("Variables", {}).keys()
    }
    assert telling == {"PrepareFunction", "SendInstructionFunction", "RenderFunction"}
    for name in telling:
        (policy,) = FUNCTIONS[name]["Policies"]
        (permission,) = [
            item["Fn::If"] for item in policy["Statement"] if "TellsProgress" in item.get("Fn::If", [])
        ]
        _, statement, nothing = permission
        assert nothing == {"Ref": "AWS::NoValue"}
        assert (statement["Action"], statement["Resource"]) == ("sns:Publish", {"Ref": "AnnouncementTopic"})
    assert [_holds("TellsProgress", {"ProgressNotifications": wanted}) for wanted in ("true", "false")] == [
        True,
        False,
    ]


def test_who_reports_progress_may_call_back_services_that_asked_for_it() -> None:
    reporting = {
        name
        for name, function in FUNCTIONS.items()
        if "PROGRESS" in function.get("Environment", {}).get("Variables", {})
    }
    assert reporting == {"PrepareFunction", "SendInstructionFunction", "RenderFunction", "DeliverFunction"}
    for name in reporting:
        assert FUNCTIONS[name]["Environment"]["Variables"]["WEBHOOK_QUEUE"] == {"Ref": "WebhookQueue"}
        (policy,) = FUNCTIONS[name]["Policies"]
        (permission,) = [item for item in policy["Statement"] if item.get("Sid") == "QueueCallbacks"]
        assert permission["Resource"] == {"Fn::GetAtt": ["WebhookQueue", "Arn"]}
