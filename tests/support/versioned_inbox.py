"""An inbox that keeps the versions of its objects, and tells of each as S3 does: once, and in no order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING

from tests.support.builders import NOW
from tests.support.memory import MemoryInbox
from videos.model.media import Drop, InboxFile
from videos.model.ports import InboxFileFacts

if TYPE_CHECKING:
    from videos.model.ports import Inbox, InboxListing, Tags

BUCKET = "the-inbox"


@dataclass
class Version:
    """A version of an object; without a body, a deletion."""

    drop: Drop
    body: bytes | None = None
    instruction: str | None = None
    tags: dict[str, str] = field(default_factory=dict)


class VersionedInbox(MemoryInbox):
    """Implements `videos.model.ports.Inbox`, `InboxListing` and `Tags`."""

    def __init__(self) -> None:
        super().__init__()
        self.now: datetime = NOW
        self._versions: dict[str, list[Version]] = {}
        self._numbers = count(1)

    def put(
        self,
        key: str,
        body: bytes | str = b"1",
        *,
        instruction: str | None = None,
        tags: dict[str, str] | None = None,
        copied: bool = False,
    ) -> Drop:
        content = body.encode() if isinstance(body, str) else body
        return self._add(key, Version(self._drop(key, copied=copied), content, instruction, tags or {}))

    def copy_onto_itself(
        self, key: str, *, instruction: str | None = None, with_tags: bool = True, told_as_copy: bool = True
    ) -> Drop:
        """Copy the latest version, which S3 tells of as a copy unless it was made in parts."""
        latest = self._versions[key][-1]
        assert latest.body is not None
        tags = dict(latest.tags) if with_tags else {}
        return self.put(key, latest.body, instruction=instruction, tags=tags, copied=told_as_copy)

    def delete(self, key: str) -> None:
        self._add(key, Version(self._drop(key)))

    def forget_earlier_versions(self, key: str) -> None:
        """Expire what is not the latest version, as the bucket does after a day."""
        del self._versions[key][:-1]

    def describe(self, file: InboxFile) -> InboxFileFacts:
        version = self._version(file)
        return InboxFileFacts(
            size=len(version.body or b""),
            version_id=version.drop.file.version_id,
            instruction=version.instruction,
        )

    def versions_before(self, file: InboxFile) -> Iterator[InboxFile]:
        versions = self._versions[file.key]
        place = versions.index(self._version(file))
        for version in reversed(versions[:place]):
            if version.body is None:
                return
            yield version.drop.file

    def marks(self, file: InboxFile) -> dict[str, str]:
        return dict(self._version(file).tags)

    def mark(self, file: InboxFile, marks: Mapping[str, str]) -> None:
        self._version(file).tags.update(marks)

    def content(self, file: InboxFile) -> bytes:
        """The bytes of one version."""
        return self._body(file)

    def _add(self, key: str, version: Version) -> Drop:
        self._versions.setdefault(key, []).append(version)
        self.dropped[key] = version.drop.at
        if version.body is None:
            self.bodies.pop(key, None)
        else:
            self.bodies[key] = version.body
        return version.drop

    def _drop(self, key: str, *, copied: bool = False) -> Drop:
        number = next(self._numbers)
        self.now += timedelta(milliseconds=200)
        file = InboxFile(bucket=BUCKET, key=key, version_id=f"version-{(number * 37) % 101}")
        return Drop(file=file, at=self.now, sequencer=f"{number:08X}", copied=copied)

    def _version(self, file: InboxFile) -> Version:
        versions = self._versions.get(file.key, [])
        found = versions[-1:] if file.version_id is None else [v for v in versions if v.drop.file == file]
        if not found or found[0].body is None:
            raise FileNotFoundError(file.key)
        return found[0]

    def _body(self, file: InboxFile) -> bytes:
        body = self._version(file).body
        assert body is not None
        return body


if TYPE_CHECKING:
    # What stands in for a port has to be one.
    _inbox: Inbox = VersionedInbox()
    _listing: InboxListing = VersionedInbox()
    _tags: Tags = VersionedInbox()
