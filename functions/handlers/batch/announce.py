"""Step: announce the end of a batch."""

import os

from handlers import wiring
from handlers.batch.step import BatchJob, batch_step
from videos.batches.results import announce_batch


@batch_step
def handler(ref: BatchJob) -> None:
    announce_batch(
        ref.batch_id,
        batches=wiring.batches(),
        topic=wiring.topic(),
        public_url=os.environ["PUBLIC_URL"],
        has_home_page=os.environ["HOME_PAGE"] == "true",
    )
