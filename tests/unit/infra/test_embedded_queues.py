"""The embedded cloud loses no message that is sent while others are received and deleted.

In a process of its own, since the emulator is changed for good.
"""

import subprocess
import sys

from infra.local.stack import ROOT

PLAY = """
import sys, threading
from ministack.services import sqs
from infra.local import embedded_aws

embedded_aws.deliver_fairly()
sys.setswitchinterval(1e-6)
url = sqs._act_create_queue({"QueueName": "q"}, "")["QueueUrl"]
COUNT = 1500
seen, done = set(), threading.Event()

def send(sender):
    for number in range(COUNT):
        message = {"MessageBody": f"{sender}-{number}", "MessageGroupId": f"group-{number % 7}"}
        sqs._act_send_message({"QueueUrl": url, **message}, url)

def receive():
    while True:
        last = done.is_set()
        batch = sqs._receive_messages_for_esm(url, 10)
        seen.update(message["body"] for message in batch)
        sqs._delete_messages_for_esm(url, {message["receipt_handle"] for message in batch})
        if last and not batch:
            return

senders = [threading.Thread(target=send, args=(name,)) for name in "ab"]
receivers = [threading.Thread(target=receive) for _ in range(2)]
for thread in senders + receivers:
    thread.start()
for thread in senders:
    thread.join()
done.set()
for thread in receivers:
    thread.join()
print(2 * COUNT - len(seen))
"""


def test_no_message_is_lost_between_threads() -> None:
    command = [sys.executable, "-c", PLAY]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said == "0\n"
