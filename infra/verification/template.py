"""The template of the repository, as it is and as SAM transforms it."""

import logging
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import boto3
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of metrics that nobody collects
ROOT = Path(__file__).parents[2]
TEMPLATE_FILE = ROOT / "template.yaml"

# Every option on, so that every function, role and statement exists. Nothing is sent to these addresses.
EVERYTHING = {
    "NotificationEmail": "videos@example.com",
    "MailSender": "nemo@example.com",
    "SlackWebhookUrl": "https://hooks.slack.com/services/T0/B0/none",
    "TeamsWebhookUrl": "https://t0.environment.api.powerplatform.com/workflows/w0?sig=none",
    "DiscordWebhookUrl": "https://discord.com/api/webhooks/1/none",
    "EventBus": "nemo-video-test",
    "OwnerBuckets": "arn:aws:s3:::nemo-video-test-copies/*,arn:aws:s3:::nemo-video-test-late-copies/*",
    "ProgressNotifications": "true",
    "OperatorEmail": "operations@example.com",
    "Tracing": "Active",
    "CreditsPerDay": "1000",
}


@cache
def source() -> dict[str, Any]:
    """Return the template of the repository. Do not change it."""
    read: dict[str, Any] = yaml_parse(TEMPLATE_FILE.read_text())
    return read


def transformed(session: boto3.Session, parameters: Mapping[str, str]) -> dict[str, Any]:
    """Return the template as the SAM transform makes it, with its code uploaded to nowhere."""
    template: dict[str, Any] = yaml_parse(TEMPLATE_FILE.read_text())
    for resource in template["Resources"].values():
        for uploaded in {"CodeUri", "ContentUri", "DefinitionUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][uploaded] = "s3://bucket/key"
    defaults = {name: item["Default"] for name, item in template["Parameters"].items() if "Default" in item}
    translator = Translator({}, Parser(), boto_session=session)
    made: dict[str, Any] = translator.translate(template, defaults | dict(parameters))
    return made
