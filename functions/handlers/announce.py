"""Step: publish the end of the turn, and mark what it was made from."""

import os

from handlers import wiring
from handlers.measuring import measure_end
from handlers.step import step
from videos.batch_rows import settle_row
from videos.finish import Announcing, announce
from videos.marks import mark_end
from videos.measures import measures_of
from videos.records import Job


@step
def handler(job: Job) -> Announcing:
    turn = wiring.store().turn(job)
    if turn.batch is not None:
        settle_row(
            turn,
            store=wiring.store(),
            batches=wiring.batches(),
            tasks=wiring.tasks(),
            public_url=os.environ["PUBLIC_URL"],
        )
    mark_end(job, store=wiring.store(), tags=wiring.tags())
    video = wiring.store().video(job.video_id)
    announced = announce(  # last: from then on the video may be deleted
        job,
        store=wiring.store(),
        topic=wiring.topic(),
        callbacks=wiring.callbacks(),
        public_url=os.environ["PUBLIC_URL"],
    )
    if turn.ended is not None:
        measure_end(job, measures_of(video, turn, turn.ended))
    return announced
