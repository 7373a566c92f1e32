"""The embedded cloud with the scripted backend and chat channels behind it."""

from pathlib import Path

from infra.local.cloud import CloudSettings
from tests.faults.channels import ChatChannel, webhook_parameters
from tests.support.scripted_backend.server import ScriptedBackend


def scripted(home: Path, backend: ScriptedBackend, slack: ChatChannel, *others: ChatChannel) -> CloudSettings:
    """Return settings of a cloud whose waits are short, and where nobody's spending is limited.

    One run makes more videos than an owner may make in a day by default.
    """
    return CloudSettings(
        home=home,
        nemo_api_url=backend.url,
        wait_scale=0.01,
        slack_webhook_url=slack.webhook_url,
        parameters={
            "OwnerCreditsPerDay": "0",
            "NotificationDetails": "true",  # so that messages are found by the id of their video
            **webhook_parameters(*others),
        },
        trusted_hosts=(backend.files_url.removeprefix("http://"),),
    )
