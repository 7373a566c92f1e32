"""Step: publish the end of the turn."""

import os

from aws_lambda_powertools import Metrics
from aws_lambda_powertools.metrics import MetricUnit

from handlers import wiring
from handlers.step import step
from videos.finish import Announcing, announce
from videos.models import Job

metrics = Metrics(namespace="NemoVideoPipeline")


@metrics.log_metrics
@step
def handler(job: Job) -> Announcing:
    announced = announce(
        job,
        store=wiring.store(),
        topic=wiring.topic(),
        callbacks=wiring.callbacks(),
        tags=wiring.tags(),
        workflow=wiring.workflow(),
        public_url=os.environ["PUBLIC_URL"],
    )
    metrics.add_dimension(name="status", value=announced.status)
    metrics.add_metric(name="VideosEnded", unit=MetricUnit.Count, value=1)
    return announced
