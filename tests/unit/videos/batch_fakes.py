"""The memory of batches, in memory; held to the same tests as the table (`test_batch_table.py`)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from videos.batches.batch import BatchNotFoundError
from videos.model.batch import Batch, BatchEnd, Layout, Refusal, RowOutcome, RowStatus

if TYPE_CHECKING:
    from videos.batches.batch import BatchStore, BatchWorkflow

_PARTS: dict[type, str] = {Layout: "layout", Refusal: "refused", BatchEnd: "ended"}


@dataclass
class MemoryBatches:
    """Implements `videos.batches.batch.BatchStore`. `tokens` are what waiting tasks left with their rows."""

    tokens: dict[int, str] = field(default_factory=dict)
    completed: dict[int, RowOutcome] = field(default_factory=dict)
    _batches: dict[str, Batch] = field(default_factory=dict)

    def create(self, batch: Batch) -> bool:
        if batch.batch_id in self._batches:
            return False
        self._batches[batch.batch_id] = batch
        return True

    def batch(self, batch_id: str) -> Batch:
        if batch_id not in self._batches:
            raise BatchNotFoundError(batch_id)
        return self._batches[batch_id]

    def add_to_batch(self, batch_id: str, part: Layout | Refusal | BatchEnd) -> None:
        self._batches[batch_id] = self.batch(batch_id).model_copy(update={_PARTS[type(part)]: part})

    def complete(self, batch_id: str, outcome: RowOutcome, *, expires_at: datetime) -> str | None:  # noqa: ARG002
        self.completed.setdefault(outcome.row, outcome)
        return self.tokens.get(outcome.row)

    def outcomes(self, batch_id: str) -> Iterator[RowOutcome]:  # noqa: ARG002
        yield from (outcome for _, outcome in sorted(self.completed.items()))

    def counts(self, batch_id: str) -> dict[RowStatus, int]:  # noqa: ARG002
        counts: dict[RowStatus, int] = {}
        for outcome in self.completed.values():
            counts[outcome.status] = counts.get(outcome.status, 0) + 1
        return counts


@dataclass
class RecordedBatchWorkflow:
    """Implements `videos.batches.batch.BatchWorkflow`."""

    started: list[str] = field(default_factory=list)

    def start_batch(self, batch_id: str) -> None:
        if batch_id not in self.started:
            self.started.append(batch_id)


if TYPE_CHECKING:
    _store: BatchStore = MemoryBatches()
    _workflow: BatchWorkflow = RecordedBatchWorkflow()
