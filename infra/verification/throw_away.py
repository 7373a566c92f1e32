"""A stack of its own for one verification: made, used, changed, and deleted with all that it leaves."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aws.api_keys import ApiKeys
from infra.packaging import package
from infra.verification import leftovers
from infra.verification.errors import CheckFailedError
from infra.verification.jobs import Jobs
from infra.verification.stack import ChangeSet, Stack
from infra.verification.target import Target
from infra.verification.template import ROOT
from infra.verification.transcript import Mask, Transcript
from infra.verification.waiting import wait_until
from videos.requests.ownership import OWNER

PREFIX = "nemo-verify-"
CREDITS_LIMIT = 500
ORIGIN = f"chrome-extension://{'a' * 32}"
BASE = {
    "KeepVideosDays": "1",
    "LogRetentionDays": "1",
    "PatienceSeconds": "0",
    "CreditsPerDay": str(CREDITS_LIMIT),
    "OverBudget": "refuse",
}
UPDATE = {"LogRetentionDays": "3", "ExtensionOrigin": ORIGIN}

CREATE = "CloudFormation accepts a change set for a new stack"
DEPLOY = "Deploy the stack"
DROP = "A dropped file becomes a video"
REQUEST = "A request to the API becomes a video"
BATCH = "A batch of two rows becomes two videos"
CHANGE = "An update changes parameters and replaces nothing that holds data"
DESTROY = "Delete the stack"
NOTHING_LEFT = "Nothing is left"


@dataclass(frozen=True)
class Settings:
    """How a temporary stack is made.

    Args:
        template: The template to package: the built one, if its functions are to run on AWS.
        parameters: Parameters beside those of `BASE`.
        token: The NemoVideo token that is put into the stack's secret; empty for an anonymous one.
        patience: Seconds that a video may take.
        pause: Seconds between two looks at anything.
        deletion: Seconds that deleting what is left may take.
        settle: Seconds until the last look for leftovers, since late log lines make a log group.
        deployed: Called after each deployment, for what an emulator does differently.
    """

    template: Path
    parameters: Mapping[str, str]
    token: str = ""
    patience: float = 30 * 60
    pause: float = 5
    settle: float = 90
    deletion: float = 300
    deployed: Callable[[Stack], None] = lambda _: None


class ThrowAway:
    """One temporary stack and its bucket of code."""

    def __init__(self, target: Target, name: str, settings: Settings, mask: Mask) -> None:
        self.name = name
        self.target = target
        self._settings = settings
        self._mask = mask
        self._stack = Stack(target, name, settings.pause)
        self._url = ""
        self._creation: ChangeSet | None = None
        self._jobs: Jobs | None = None

    def try_change_set(self, transcript: Transcript) -> bool:
        """Create a change set for a new stack, and describe it."""
        return transcript.run(CREATE, self._create)

    def deploy_and_use(self, transcript: Transcript) -> None:
        """Execute the change set, then use the stack and change it."""
        used = (DROP, REQUEST, BATCH, CHANGE)
        if not transcript.run(DEPLOY, self._deploy):
            transcript.skip(used, "The stack was not deployed.")
            return
        jobs = self._jobs = self._user()
        for name, work in ((DROP, jobs.drop), (REQUEST, jobs.request), (BATCH, jobs.batch)):
            transcript.run(name, work)
        transcript.run(CHANGE, self._change)

    def clean_up(self, transcript: Transcript) -> None:
        """Delete the stack and all that it leaves; say what could not be deleted, and how to delete it."""
        clean = False
        try:
            try:
                transcript.run(DESTROY, self._destroy)
            except Exception:  # a fault of ours must not keep the rest from being deleted
                clean = transcript.run(NOTHING_LEFT, self._delete_leftovers)
                raise
            clean = transcript.run(NOTHING_LEFT, self._delete_leftovers)
        finally:
            if not clean:
                transcript.say(f"To delete what is left, run: make verify-aws CLEAN={self.name}")

    def _create(self) -> Iterator[str]:
        s3 = self.target.client("s3")
        bucket = f"{self.name}-code-{self.target.account}"
        place = {"LocationConstraint": self.target.region}
        elsewhere = {} if self.target.region == "us-east-1" else {"CreateBucketConfiguration": place}
        s3.create_bucket(Bucket=bucket, **elsewhere)
        self._url = package(self._settings.template, s3, bucket)
        parameters = BASE | dict(self._settings.parameters)
        self._creation = self._stack.create_change_set(self._url, parameters, new=True)
        yield str(self._creation)

    def _deploy(self) -> Iterator[str]:
        if self._creation is None:
            raise CheckFailedError("There is no change set.")
        self._stack.execute(self._creation)
        self._settings.deployed(self._stack)
        if self._settings.token:
            self.target.client("secretsmanager").put_secret_value(
                SecretId=self._stack.outputs()["NemoTokenSecretArn"],
                SecretString=json.dumps({"NEMO_TOKEN": self._settings.token}),
            )
        yield f"{len(self._stack.resources())} resources."

    def _user(self) -> Jobs:
        outputs = self._stack.outputs()
        keys = ApiKeys(self.target.dynamodb().Table(outputs["ApiKeysTableName"]))
        key = keys.make(OWNER)  # dropped files belong to this owner
        self._mask.secrets.add(key)
        return Jobs(
            s3=self.target.client("s3"),
            inbox_bucket=outputs["InboxBucketName"],
            api_url=self._api_url(),
            key=key,
            patience=self._settings.patience,
            pause=self._settings.pause,
        )

    def _api_url(self) -> str:
        if self.target.is_aws:
            return self._stack.outputs()["ApiUrl"]
        return f"{self.target.endpoint_url}/_aws/execute-api/{self._stack.resources()['Api']}/live"

    def _change(self) -> Iterator[str]:
        if self._jobs is None:
            raise CheckFailedError("The stack was not used.")
        parameters = BASE | dict(self._settings.parameters) | UPDATE
        change_set = self._stack.create_change_set(self._url, parameters, new=False)
        before = self._stateful()
        if lost := sorted(before.keys() & set(change_set.replaced)):
            raise CheckFailedError(f"The update would replace {', '.join(lost)}.")
        self._stack.execute(change_set)
        self._settings.deployed(self._stack)
        yield str(change_set)
        after = self._stateful()
        if lost := [name for name, identity in before.items() if after.get(name) != identity]:
            raise CheckFailedError(f"The update replaced {', '.join(lost)}.")
        self._check_log()
        jobs = replace(self._jobs, api_url=self._api_url())
        jobs.check_videos()
        wait_until(
            # Without a key the gateway answers by itself. An emulator does not have these answers.
            partial((replace(jobs, key="") if self.target.is_aws else jobs).allows, ORIGIN),
            bool,
            "the new ExtensionOrigin in the answers of the API",
            seconds=min(300, self._settings.patience),
            pause=self._settings.pause,
        )

    def _stateful(self) -> dict[str, str]:
        """Return the physical ids of what must not be replaced."""
        known = json.loads((ROOT / "infra/stateful.json").read_text())
        # The embedded cloud replaces an API whenever its definition changes. AWS updates it.
        kinds = set() if self.target.is_aws else {"AWS::ApiGateway::RestApi"}
        return {
            name: identity
            for name, identity in self._stack.resources().items()
            if name in known and known[name]["Type"] not in kinds
        }

    def _check_log(self) -> None:
        logs = self.target.client("logs").get_paginator("describe_log_groups")
        pages = logs.paginate(logGroupNamePrefix=f"/aws/lambda/{self.name}")
        kept = [group.get("retentionInDays") for page in pages for group in page["logGroups"]]
        if kept != [int(UPDATE["LogRetentionDays"])]:
            raise CheckFailedError(f"The new LogRetentionDays did not reach the log group: {kept}.")

    def _destroy(self) -> Iterator[str]:
        self._stop_executions()
        self._stack.delete()
        return iter(())

    def _stop_executions(self) -> None:
        """Stop what still runs, since a state machine lives until its executions end."""
        states = self.target.client("stepfunctions")
        for machine in states.get_paginator("list_state_machines").paginate():
            for arn in (item["stateMachineArn"] for item in machine["stateMachines"]):
                if arn.rsplit(":", 1)[-1].startswith(f"{self.name}-"):
                    pages = states.get_paginator("list_executions").paginate(
                        stateMachineArn=arn, statusFilter="RUNNING"
                    )
                    for execution in (item for page in pages for item in page["executions"]):
                        states.stop_execution(executionArn=execution["executionArn"])

    def _delete_leftovers(self) -> Iterator[str]:
        kept = self._delete_all()
        time.sleep(self._settings.settle)
        late = self._delete_all()
        for title, names in (("The stack left", kept), ("Later came", late)):
            if names:
                yield f"{title} {', '.join(names)}. Deleted."

    def _delete_all(self) -> list[str]:
        """Delete what is found until nothing is found; return what was found.

        Raises:
            CheckFailedError: Something cannot be deleted.
        """
        deadline = time.monotonic() + self._settings.deletion
        seen: dict[str, None] = {}
        while left := leftovers.find(self.target, self.name):
            seen.update(dict.fromkeys(map(str, left)))
            failed = leftovers.delete(self.target, left)
            if time.monotonic() > deadline:
                raise CheckFailedError(*map(str, failed or left))
            time.sleep(self._settings.pause)
        return list(seen)
