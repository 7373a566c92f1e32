"""Step: write the result of each row of a batch."""

import os

from handlers import wiring
from handlers.batch.step import BatchJob, batch_step
from videos.batches.results import write_results


@batch_step
def handler(ref: BatchJob) -> None:
    write_results(
        ref.batch_id,
        batches=wiring.batches(),
        videos=wiring.store(),
        inbox=wiring.inbox(),
        rows_bucket=os.environ["VIDEOS_BUCKET"],
        results=wiring.beside_the_input(),
    )
