"""What a video is made from: files that were dropped or uploaded, and addresses on the web."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import Field

from videos.model.records import Record
from videos.model.redaction import shown_address, without_secrets

LONGEST_KEY = 1024
"""Bytes of an object's key, says S3."""

_SEQUENCER_LENGTH = 64
# Sorts after every sequencer: what the sweep finds is the latest version, and its time has no fractions.
_NO_SEQUENCER = "~"


class InboxFile(Record):
    """An object in the inbox bucket; `version_id` pins the bytes that were dropped."""

    kind: Literal["inbox_file"] = "inbox_file"
    bucket: str
    key: str
    version_id: str | None = None

    @property
    def name(self) -> str:
        """The file name, for people and for the backend."""
        return self.key.rsplit("/", 1)[-1]

    @property
    def origin(self) -> str:
        """Where it is, in words for its owner: its key."""
        return without_secrets(self.key)


class Drop(Record):
    """An object that appeared in the inbox. `at` is when; `sequencer` orders its writes.

    `copied` is whether it came by a copy of another object, or of itself.
    """

    file: InboxFile
    at: datetime
    sequencer: str = ""
    copied: bool = False

    @property
    def order(self) -> str:
        """Sorts the drops of one key by when they were made, in whatever order the events of S3 arrive.

        Of drops in the same second, S3's sequencers decide. They are compared after padding on the right.
        """
        at = self.at.astimezone(UTC)
        sequencer = self.sequencer.upper().ljust(_SEQUENCER_LENGTH, "0") if self.sequencer else _NO_SEQUENCER
        return f"{at:%Y-%m-%dT%H:%M:%S}#{sequencer}#{at:%f}#{(self.file.version_id or '')[:64]}"


class WebAddress(Record):
    """A page, a product or a media file on the web; the backend fetches it."""

    kind: Literal["web_address"] = "web_address"
    url: str

    @property
    def name(self) -> str:
        """The address as it is shown, without what is secret in it."""
        return shown_address(self.url)

    @property
    def origin(self) -> str:
        """Where it is, in words for its owner: its address."""
        return self.name


Media = Annotated[InboxFile | WebAddress, Field(discriminator="kind")]


def dropped_files(dropped: Drop | None, media: Iterable[Media]) -> tuple[InboxFile, ...]:
    """A drop and the files that it names; none where nothing was dropped."""
    if dropped is None:
        return ()
    return tuple(dict.fromkeys((dropped.file, *(item for item in media if isinstance(item, InboxFile)))))
