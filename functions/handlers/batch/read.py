"""Step: read the batch file, and store its rows for the workflow."""

import os

from handlers import wiring
from handlers.batch.step import BatchJob, batch_step
from videos.batches.results import Reading, read_batch


@batch_step
def handler(ref: BatchJob) -> Reading:
    return read_batch(
        ref.batch_id,
        batches=wiring.batches(),
        inbox=wiring.inbox(),
        storage=wiring.storage(),
        rows_at_once=int(os.environ["ROWS_AT_ONCE"]),
    )
