"""The stacks of this repository as CloudFormation would make them, without AWS."""

from functools import cache

from samtranslator.yaml_helper import yaml_parse

from infra.simulated_stack import ACCOUNT, REGION, STACK, SimulatedStack
from tests.template.sam import ROOT, translated

KEY_ARN = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/7e1f6f0e-0000-4000-8000-000000000000"

# Every option on. Mail goes through SES with a sender, and through SNS without one: never both.
EVERYTHING = {
    "NotificationEmail": "videos@example.com",
    "MailSender": "nemo@example.com",
    "SlackWebhookUrl": "https://hooks.slack.com/services/T0/B0/secret",
    "TeamsWebhookUrl": "https://t0.environment.api.powerplatform.com/workflows/w0?sig=secret",
    "DiscordWebhookUrl": "https://discord.com/api/webhooks/1/secret",
    "EventBus": "videos",
    "OwnerBuckets": f"arn:aws:s3:::acme-videos/finished/*,{KEY_ARN}",
    "ChatNotifications": "true",
    "ProgressNotifications": "true",
    "OperatorEmail": "operations@example.com",
    "Tracing": "Active",
    "CreditsPerDay": "1000",
    "ExtensionOrigin": f"chrome-extension://{'abcdefghijklmnop' * 2}",
    "PublicUrl": "https://videos.example.com",
    "KmsKeyArn": KEY_ARN,
    "InboxReaders": "shop",
}
PARAMETER_SETS: dict[str, dict[str, str]] = {
    "defaults": {},
    "everything": EVERYTHING,
    "mail through SNS": EVERYTHING | {"MailSender": ""},
}


@cache
def simulated_stack(parameter_set: str = "everything") -> SimulatedStack:
    """Return the stack with one of PARAMETER_SETS."""
    chosen = PARAMETER_SETS[parameter_set]
    return SimulatedStack(translated(**chosen), chosen)


@cache
def deployer_stack() -> SimulatedStack:
    """Return the stack of infra/deployer.yaml, for the simulated stack."""
    template = yaml_parse((ROOT / "infra/deployer.yaml").read_text())
    parameters = {"Repository": "owner/name", "Stack": STACK, "KmsKeyArn": KEY_ARN}
    return SimulatedStack(template, parameters, name="nemo-video-deployer")
