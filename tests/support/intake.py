"""An intake in front of ports in memory."""

import json
from dataclasses import dataclass, field
from datetime import timedelta

from tests.support.builders import NOW
from tests.support.memory import MemoryBatches, MemoryInbox, MemoryStore
from tests.support.recorded import RecordedBatchWorkflow, RecordedTags, RecordedWorkflow
from videos.inbox.drop import Accepted, Taken
from videos.inbox.intake import Intake
from videos.model.media import Drop, InboxFile
from videos.model.ports import Tags
from videos.model.records import Problem, VersionRef
from videos.model.version import Version
from videos.model.video import Video

PATIENCE = timedelta(minutes=1)
PNG = "inbox/shop/kettles/photo.png"


@dataclass
class IntakeFixture:
    """All that an intake works with."""

    store: MemoryStore = field(default_factory=MemoryStore)
    inbox: MemoryInbox = field(default_factory=MemoryInbox)
    workflow: RecordedWorkflow = field(default_factory=RecordedWorkflow)
    tags: RecordedTags = field(default_factory=RecordedTags)
    batches: MemoryBatches = field(default_factory=MemoryBatches)
    batch_workflow: RecordedBatchWorkflow = field(default_factory=RecordedBatchWorkflow)
    patience: timedelta = PATIENCE
    copies_count: bool = False

    @property
    def intake(self) -> Intake:
        return Intake(
            store=self.store,
            inbox=self.inbox,
            workflow=self.workflow,
            tags=self.tags_of_inbox,
            batches=self.batches,
            batch_workflow=self.batch_workflow,
            default_instruction="The default.",
            keep_days=30,
            patience=self.patience,
            batch_patience=timedelta(hours=1),
            copies_count=self.copies_count,
        )

    @property
    def tags_of_inbox(self) -> Tags:
        """Where the tags of dropped files are."""
        return self.tags


class Dropping(IntakeFixture):
    """An intake, and files that are dropped."""

    def put(self, key: str, body: bytes | str | dict[str, object] = b"1") -> None:
        text = json.dumps(body) if isinstance(body, dict) else body
        self.inbox.bodies[key] = text.encode() if isinstance(text, str) else text

    def take(self, key: str, *, age: timedelta = timedelta(), version: str | None = "v1") -> Taken:
        file = InboxFile(bucket="the-inbox", key=key, version_id=version)
        return self.intake.take(Drop(file=file, at=NOW, sequencer="s1"), now=NOW + age)

    def accepted(self, key: str, *, age: timedelta = timedelta()) -> Video:
        taken = self.take(key, age=age)
        assert isinstance(taken, Accepted), taken
        return taken.video

    def first_version(self, video: Video) -> Version:
        return self.store.version(VersionRef(video_id=video.video_id, version=1))

    def problem(self, key: str, *, age: timedelta = timedelta()) -> Problem:
        problem = self.first_version(self.accepted(key, age=age)).problem
        assert problem is not None
        return problem
