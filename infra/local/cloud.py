"""The embedded cloud as one thing that is entered and left."""

import contextlib
import json
import os
import re
import secrets
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from aws.api_keys import ApiKeys
from infra.local import stack
from infra.local.access import Access
from infra.local.endpoints import Endpoints
from infra.local.mailbox import Mailbox, mail_server, slack_channel, subscriber
from infra.local.processes import HUNG_SECONDS, StartError, free_port, running
from videos.requests.ownership import OWNER as DROPS_OWNER

if TYPE_CHECKING:
    from types_boto3_lambda import LambdaClient
    from types_boto3_stepfunctions import SFNClient

REGION = "us-east-1"
API_ID = "nemovideo"
MAIL_SENDER, MAIL_RECIPIENT = "videos@example.com", "you@example.com"
STAGE = "live"
PATIENCE_SECONDS = 60
BATCH_PATIENCE_SECONDS = 3600
MB = 1024 * 1024
API_CONCURRENCY = 8  # a browser sends six requests at once
# The pipeline is the studio's one account here.
_FOR_ONE_ACCOUNT = (
    "--sessions-per-account=100000",
    "--megabytes-per-account=1000000",
    "--renders-per-account=10000",
)
ALWAYS_ANSWER = frozenset(
    {
        "handlers.http.api.handler",
        "handlers.http.authorize.handler",
        "handlers.http.mcp.handler",
        "handlers.http.watch.handler",
    }
)
EMBEDDED_AWS = Path(__file__).with_name("embedded_aws.py")


@dataclass(frozen=True)
class CloudSettings:
    """Without `nemo_api_url` a studio is started, without `slack_webhook_url` a channel kept as files.

    `wait_scale` shortens the workflow's waits, and the inbox's; `progress` has progress announced;
    `parameters` are others of the template; of a batch, so many rows as `rows_at_once` says are under way,
    and each is a process or two here. `functions_at_once` are at work at most, 80 MB each, and as many
    of each step before may lie idle, for `idle_seconds`. What comes beyond is throttled, as on AWS, and comes
    again: more than the cores can start makes a burst slower, not faster.
    """

    home: Path
    nemo_api_url: str | None = None
    wait_scale: float = 1.0
    trusted_hosts: tuple[str, ...] = ()
    slack_webhook_url: str | None = None
    progress: bool = False
    extension_origin: str = ""
    kms_key_arn: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    rows_at_once: int = 10
    functions_at_once: int = max(
        8, min(8 * (os.cpu_count() or 1), psutil.virtual_memory().total // (400 * MB))
    )
    idle_seconds: int = 60
    command: Sequence[str] = ("-P", str(EMBEDDED_AWS))  # what the interpreter runs as AWS
    owner: str = DROPS_OWNER  # so that the local key sees what was dropped, too

    @classmethod
    def from_environment(cls, home: Path) -> "CloudSettings":
        """As `NEMO_API_URL`, `WAIT_SCALE` and `TRUSTED_HOSTS` say.

        Raises:
            StartError: One of them makes no sense.
        """
        url, scale = os.environ.get("NEMO_API_URL", ""), os.environ.get("WAIT_SCALE") or "1"
        if url and not url.startswith(("http://", "https://")):
            raise StartError(f"NEMO_API_URL has to begin with http:// or https://, and is “{url}”.")
        if not re.fullmatch(r"\d*\.?\d+", scale):
            raise StartError(f"WAIT_SCALE has to be a number such as 0.1, and is “{scale}”.")
        return cls(
            home=home,
            nemo_api_url=url or None,
            wait_scale=float(scale),
            trusted_hosts=tuple(filter(None, os.environ.get("TRUSTED_HOSTS", "").split(","))),
        )


@contextlib.contextmanager
def embedded_cloud(settings: CloudSettings) -> Iterator[Endpoints]:
    """Start everything, deploy the template, and stop everything when the block ends, however it ends.

    Raises:
        StartError: A part did not start; all others are stopped again.
    """
    home = settings.home.resolve()
    for folder in (home / "logs", home / "tmp"):
        folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as parts:
        mailbox = Mailbox(home / "mailbox")
        nemo_api_url = settings.nemo_api_url or parts.enter_context(_studio(home, settings.trusted_hosts))
        mail_relay = parts.enter_context(mail_server(mailbox))
        access = parts.enter_context(embedded_aws(settings, mail_relay))
        access.client("sesv2").create_email_identity(EmailIdentity=MAIL_SENDER)
        api_url = f"{access.endpoint_url}/_aws/execute-api/{API_ID}/{STAGE}"
        outputs = stack.deploy(
            access,
            parameters={
                "NemoApiUrl": nemo_api_url,
                "PublicUrl": api_url,
                "PatienceSeconds": str(round(PATIENCE_SECONDS * settings.wait_scale)),
                "BatchPatienceSeconds": str(round(BATCH_PATIENCE_SECONDS * settings.wait_scale)),
                "TrustedHosts": ",".join(settings.trusted_hosts),
                "NotificationEmail": MAIL_RECIPIENT,
                "MailSender": MAIL_SENDER,
                "SlackWebhookUrl": settings.slack_webhook_url or parts.enter_context(slack_channel(mailbox)),
                "ProgressNotifications": str(settings.progress).lower(),
                "BatchRowsAtOnce": str(settings.rows_at_once),
                "ExtensionOrigin": settings.extension_origin,
                "KmsKeyArn": settings.kms_key_arn,
                **settings.parameters,
            },
            api_id=API_ID,
        )
        correct_deployment(access.client, outputs["BatchWorkflowArn"], settings.rows_at_once)
        keys = access.dynamodb().Table(outputs["ApiKeysTableName"])
        endpoints = Endpoints(
            aws_endpoint_url=access.endpoint_url,
            region=access.region,
            access_key_id=access.access_key_id,
            secret_access_key=access.secret_access_key,
            inbox_bucket=outputs["InboxBucketName"],
            videos_bucket=outputs["VideosBucketName"],
            videos_table=outputs["VideosTableName"],
            batches_table=outputs["BatchesTableName"],
            api_keys_table=outputs["ApiKeysTableName"],
            generation_queue_url=outputs["GenerationQueueUrl"],
            recover_function=outputs["RecoverFunctionName"],
            sweep_function=outputs["SweepFunctionName"],
            topic_arn=outputs["AnnouncementTopicArn"],
            state_machine_arn=outputs["VideoWorkflowArn"],
            api_url=api_url,
            api_key=ApiKeys(keys).make(settings.owner),
            nemo_api_url=nemo_api_url,
            mailbox_dir=home / "mailbox",
        )
        parts.enter_context(subscriber(mailbox, access, topic_arn=endpoints.topic_arn))
        yield endpoints


@contextlib.contextmanager
def embedded_aws(settings: CloudSettings, mail_relay: str) -> Iterator[Access]:
    """The cloud alone, with nothing deployed; `mail_relay` is where mails go, as host:port."""
    home = settings.home
    port = free_port()
    access = Access(
        endpoint_url=f"http://127.0.0.1:{port}",
        region=REGION,
        access_key_id="local",
        secret_access_key=secrets.token_hex(20),
    )
    env = {
        **_bare_environment(home),
        "AUTH": "true",
        "BIND_HOST": "127.0.0.1",
        "MINISTACK_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "AWS_ACCESS_KEY_ID": access.access_key_id,
        "AWS_SECRET_ACCESS_KEY": access.secret_access_key,
        "MINISTACK_REGION": REGION,
        "SFN_WAIT_SCALE": str(settings.wait_scale),
        "SMTP_HOST": mail_relay,
        "STATE_DIR": str(home / "tmp" / "state"),
        # Its own limit is for functions a quarter of our size.
        "LAMBDA_ACCOUNT_CONCURRENCY": str(settings.functions_at_once),
        "LAMBDA_WARM_TTL_SECONDS": str(settings.idle_seconds),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
    }
    log = home / "logs" / "cloud.log"
    health = f"{access.endpoint_url}/_ministack/health"
    program = [sys.executable, *settings.command]
    with running("The embedded cloud", program, env=env, cwd=home, log=log, ready=lambda: _answers(health)):
        yield access


def correct_deployment(client: Callable[[str], Any], batch_workflow: str, rows_at_once: int) -> None:
    """Correct what the embedded cloud deploys differently than AWS. `client` makes a client of a service."""
    _correct_concurrency(client("lambda"))
    _reserve_concurrency(client("lambda"))
    _correct_map(client("stepfunctions"), batch_workflow, rows_at_once)


def _correct_concurrency(client: "LambdaClient") -> None:
    """CloudFormation makes a number of a `Ref` to a number parameter; the embedded one leaves a string."""
    pages = client.get_paginator("list_event_source_mappings").paginate()
    for mapping in (found for page in pages for found in page["EventSourceMappings"]):
        limit = mapping.get("ScalingConfig", {}).get("MaximumConcurrency")
        if limit is not None:
            client.update_event_source_mapping(
                UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": int(limit)}
            )


def _reserve_concurrency(client: "LambdaClient") -> None:
    """CloudFormation sets the reserved concurrency of a function; the embedded one leaves it out."""
    for page in client.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            if function["Handler"] in ALWAYS_ANSWER:
                client.put_function_concurrency(
                    FunctionName=function["FunctionName"], ReservedConcurrentExecutions=API_CONCURRENCY
                )


def _correct_map(client: "SFNClient", arn: str, rows_at_once: int) -> None:
    """The embedded map knows `MaxConcurrency`, but no `MaxConcurrencyPath`."""
    definition = json.loads(client.describe_state_machine(stateMachineArn=arn)["definition"])
    for state in definition["States"].values():
        if state.pop("MaxConcurrencyPath", None):
            state["MaxConcurrency"] = rows_at_once
    client.update_state_machine(stateMachineArn=arn, definition=json.dumps(definition))


@contextlib.contextmanager
def _studio(home: Path, trusted_hosts: Sequence[str]) -> Iterator[str]:
    port_file = home / "tmp" / "studio-url"
    port_file.unlink(missing_ok=True)
    # An evening of play shall not end for want of credits.
    options = [
        "--port=0",
        f"--port-file={port_file}",
        f"--data-dir={home / 'studio'}",
        "--credits=10000",
        *_FOR_ONE_ACCOUNT,
    ]
    trusted = f"--trusted-hosts={','.join(trusted_hosts)}"
    command = [sys.executable, "-m", "studio", *options, trusted]
    log = home / "logs" / "studio.log"
    env = {**_bare_environment(home), "PYTHONPATH": str(stack.ROOT)}
    with running("The studio", command, env=env, cwd=home, log=log, ready=port_file.exists):
        yield port_file.read_text().strip()


def _bare_environment(home: Path) -> dict[str, str]:
    """Nothing of this shell's own AWS accounts, proxies or tokens may leak into the parts."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ}
    return {**kept, "TMPDIR": str(home / "tmp"), "PYTHONUNBUFFERED": "1", "NO_PROXY": "127.0.0.1,localhost"}


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=HUNG_SECONDS) as answer:  # noqa: S310 - our own loopback address
            return bool(answer.status == 200)  # noqa: PLR2004
    except (urllib.error.URLError, OSError):
        return False
