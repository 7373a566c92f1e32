"""A temporary stack: created and changed by change sets, and deleted."""

import contextlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from infra.verification.errors import CheckFailedError
from infra.verification.target import Target
from infra.verification.waiting import wait_until

if TYPE_CHECKING:
    from types_boto3_cloudformation import CloudFormationClient

_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
_PATIENCE_SECONDS = 45 * 60
_DELETED = "DELETE_COMPLETE"
_FINE = {"CREATE_COMPLETE", "UPDATE_COMPLETE"}


@dataclass(frozen=True)
class ChangeSet:
    """What CloudFormation would do to a stack."""

    name: str
    changes: tuple[Mapping[str, Any], ...]

    def __str__(self) -> str:
        counts = Counter(change["Action"] for change in self.changes)
        said = ", ".join(f"{count} {action}" for action, count in sorted(counts.items()))
        return f"{len(self.changes)} resources: {said or 'nothing'}."

    @property
    def replaced(self) -> list[str]:
        """The logical ids of resources that will be replaced."""
        return [change["LogicalResourceId"] for change in self.changes if change.get("Replacement") == "True"]


class Stack:
    """A stack by its name. It is followed by its id, since a deleted stack has no name.

    `pause` is how many seconds to wait between two looks at it.
    """

    def __init__(self, target: Target, name: str, pause: float) -> None:
        self.name = name
        self._client: CloudFormationClient = target.client("cloudformation")
        self._pause = pause

    def create_change_set(self, template_url: str, parameters: Mapping[str, str], *, new: bool) -> ChangeSet:
        """Create a change set for a new stack or for this one, and describe it.

        Raises:
            CheckFailedError: CloudFormation refuses it. Holds the reasons.
        """
        kind: Literal["CREATE", "UPDATE"] = "CREATE" if new else "UPDATE"
        name = f"verify-{kind.lower()}"
        created = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            TemplateURL=template_url,
            Capabilities=_CAPABILITIES,  # type: ignore[arg-type]
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        )
        change_set = created["Id"]
        answer = wait_until(
            lambda: self._client.describe_change_set(ChangeSetName=change_set),
            lambda seen: seen["Status"] in {"CREATE_COMPLETE", "FAILED"},
            "the change set",
            seconds=_PATIENCE_SECONDS,
            pause=self._pause,
        )
        if answer["Status"] == "FAILED":
            raise CheckFailedError(answer.get("StatusReason", ""), *self._validation_failures(change_set))
        pages = self._client.get_paginator("describe_change_set").paginate(ChangeSetName=change_set)
        changes = tuple(change["ResourceChange"] for page in pages for change in page["Changes"])
        return ChangeSet(name, changes)

    def execute(self, change_set: ChangeSet) -> None:
        """Execute a change set and wait for its end.

        Raises:
            CheckFailedError: A resource could not be created or changed. Holds the reasons.
        """
        stack_id = self._existing()
        self._client.execute_change_set(StackName=self.name, ChangeSetName=change_set.name)
        status = self._settled(stack_id)
        if status not in _FINE:
            raise CheckFailedError(f"The stack is {status}.", *self._reasons(stack_id))

    def delete(self) -> None:
        """Delete the stack, if it exists, with its change sets, and wait for its end.

        Raises:
            CheckFailedError: A resource could not be deleted. Holds the reasons.
        """
        if (stack_id := self.id()) is None:
            return
        if self._status(stack_id).startswith("UPDATE_"):
            self._settled(stack_id)  # it cannot be deleted meanwhile
        self._client.delete_stack(StackName=stack_id)
        if (status := self._settled(stack_id)) != _DELETED:
            raise CheckFailedError(f"The stack is {status}.", *self._reasons(stack_id))

    def id(self) -> str | None:
        """Return the id of the stack; None if there is none."""
        try:
            (stack,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise
        return None if stack["StackStatus"] == _DELETED else stack["StackId"]

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the stack."""
        (stack,) = self._client.describe_stacks(StackName=self.name)["Stacks"]
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def resources(self) -> dict[str, str]:
        """Return the physical id of each resource, by its logical id."""
        pages = self._client.get_paginator("list_stack_resources").paginate(StackName=self.name)
        return {
            item["LogicalResourceId"]: item.get("PhysicalResourceId", "")
            for page in pages
            for item in page["StackResourceSummaries"]
        }

    def _existing(self) -> str:
        if (stack_id := self.id()) is None:
            raise CheckFailedError(f"There is no stack {self.name}.")
        return stack_id

    def _settled(self, stack_id: str) -> str:
        return wait_until(
            lambda: self._status(stack_id),
            lambda status: not status.endswith("_IN_PROGRESS"),
            f"CloudFormation to finish with {self.name}",
            seconds=_PATIENCE_SECONDS,
            pause=self._pause,
        )

    def _status(self, stack_id: str) -> str:
        (stack,) = self._client.describe_stacks(StackName=stack_id)["Stacks"]
        return stack["StackStatus"]

    def _reasons(self, stack_id: str) -> list[str]:
        """Return why resources failed, the first failure first."""
        pages = self._client.get_paginator("describe_stack_events").paginate(StackName=stack_id)
        failed = [
            f"{event.get('LogicalResourceId')}: {event.get('ResourceStatusReason', '')}"
            for page in pages
            for event in page["StackEvents"]
            if event.get("ResourceStatus", "").endswith("_FAILED")
        ]
        return failed[::-1]

    def _validation_failures(self, change_set: str) -> Iterator[str]:
        """Yield what CloudFormation's validation before deployment found."""
        with contextlib.suppress(ClientError):
            pages = self._client.get_paginator("describe_events").paginate(ChangeSetName=change_set)
            for page in pages:
                for event in page["OperationEvents"]:
                    if event.get("ValidationStatus") == "FAILED":
                        name = event.get("LogicalResourceId", "")
                        yield f"{name}: {event.get('ValidationStatusReason', '')}"
