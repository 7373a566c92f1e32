"""Step: publish the end of the turn, and mark what it was made from."""

import os

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from handlers import wiring
from handlers.step import step
from videos.batch_rows import settle_row
from videos.finish import Announcing, announce
from videos.marks import mark_end
from videos.models import Job

metrics = Metrics(namespace="NemoVideoPipeline")


@metrics.log_metrics
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
    announced = announce(  # last: from then on the video may be deleted
        job,
        store=wiring.store(),
        topic=wiring.topic(),
        callbacks=wiring.callbacks(),
        public_url=os.environ["PUBLIC_URL"],
    )
    metrics.add_dimension(name="status", value=announced.status)
    metrics.add_metric(name="VideosEnded", unit=MetricUnit.Count, value=1)
    return announced
