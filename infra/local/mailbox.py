"""What people and machines would get, as files in a folder: the outside world of the embedded cloud.

0001-<announcement id>.json      the event, as a subscriber of the topic gets it
0002-<subject>.txt, .html, .eml  a mail: its text, its HTML, and all of it as it was sent
0003-<subject>.slack.json        a message to the Slack channel
"""

import contextlib
import itertools
import json
import re
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from infra.local.access import Access
from infra.local.processes import free_port

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

QUEUE = "nemo-video-mailbox"
NAME_LENGTH = 80


class Mailbox:
    """The folder; whatever comes gets the next number, and its last file appears when all of it is there."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._numbers = itertools.count(len({path.name[:4] for path in folder.iterdir()}) + 1)
        self._lock = threading.Lock()

    def take(self, name: str, **files: str) -> None:
        """Write files that differ by their ending."""
        plain = re.sub(r"[^\w.-]+", "-", name, flags=re.ASCII).strip("-")[:NAME_LENGTH]
        with self._lock:
            stem = f"{next(self._numbers):04d}-{plain}"
        for ending, content in files.items():
            path = self._folder / f"{stem}.{ending.replace('_', '.')}"
            part = path.with_name(f".{path.name}.part")
            part.write_text(content, encoding="utf-8")
            part.replace(path)


@contextlib.contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[str]:
    """An SMTP server to which mails are relayed while the block runs; its `host:port`."""

    class Handler:
        async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
            content = envelope.content
            sent = content if isinstance(content, bytes) else (content or "").encode()
            mail = BytesParser(EmailMessage, policy=default).parsebytes(sent)
            subject = str(mail["subject"])
            text, html = _body(mail, "plain"), _body(mail, "html")
            mailbox.take(subject, eml=sent.decode(), html=html, txt=f"Subject: {subject}\n\n{text}")
            return "250 taken"

    server = Controller(Handler(), hostname="127.0.0.1", port=free_port())
    server.start()
    try:
        yield f"{server.hostname}:{server.port}"
    finally:
        server.stop()


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()).replace("\r\n", "\n") if part else ""


@contextlib.contextmanager
def slack_channel(mailbox: Mailbox) -> Iterator[str]:
    """A Slack channel; the address of its incoming webhook while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            message = json.loads(self.rfile.read(int(self.headers["content-length"])))
            written = json.dumps(message, ensure_ascii=False, indent=2) + "\n"
            mailbox.take(message["text"], slack_json=written)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"ok")

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="slack", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/services/a-channel"
        finally:
            server.shutdown()
            thread.join()


@contextlib.contextmanager
def subscriber(mailbox: Mailbox, access: Access, *, topic_arn: str) -> Iterator[None]:
    """Subscribe to the topic as a machine would, while the block runs."""
    sqs: SQSClient = access.client("sqs")
    queue_url = subscribe(access, topic_arn=topic_arn, queue=QUEUE)
    stopping = threading.Event()
    reader = threading.Thread(
        target=_read, args=(sqs, queue_url, mailbox, stopping), name="subscriber", daemon=True
    )
    reader.start()
    try:
        yield
    finally:
        stopping.set()
        reader.join()


def subscribe(access: Access, *, topic_arn: str, queue: str) -> str:
    """Make a queue that gets what the topic says; returns its address."""
    sqs: SQSClient = access.client("sqs")
    queue_url = sqs.create_queue(QueueName=queue)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = {
        "Version": "2012-10-17",
        "Statement": {
            "Effect": "Allow",
            "Principal": {"Service": "sns.amazonaws.com"},
            "Action": "sqs:SendMessage",
            "Resource": arn,
            "Condition": {"ArnEquals": {"aws:SourceArn": topic_arn}},
        },
    }
    sqs.set_queue_attributes(QueueUrl=queue_url, Attributes={"Policy": json.dumps(policy)})
    access.client("sns").subscribe(TopicArn=topic_arn, Protocol="sqs", Endpoint=arn)
    return queue_url


def _read(sqs: "SQSClient", queue_url: str, mailbox: Mailbox, stopping: threading.Event) -> None:
    while not stopping.is_set():
        messages = sqs.receive_message(QueueUrl=queue_url, WaitTimeSeconds=1, MaxNumberOfMessages=10)
        for message in messages.get("Messages", []):
            event = json.loads(json.loads(message["Body"])["Message"])
            mailbox.take(event["id"], json=json.dumps(event, ensure_ascii=False, indent=2) + "\n")
            sqs.delete_message(QueueUrl=queue_url, ReceiptHandle=message["ReceiptHandle"])
