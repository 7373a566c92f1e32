"""Metrics, written to the log in the embedded metric format of CloudWatch."""

from aws_lambda_powertools import single_metric
from aws_lambda_powertools.metrics import MetricUnit

from videos.events.metrics import Measures
from videos.model.records import Status, VersionRef

NAMESPACE = "NemoVideoPipeline"


def measure_end(ref: VersionRef, measures: Measures) -> None:
    """Write the metrics of an ended version. The average of `VideosFailed` is the failure rate."""
    _measure("VideosEnded", MetricUnit.Count, 1, ref, status=measures.status)
    _measure("VideosFailed", MetricUnit.Count, measures.status is Status.FAILED, ref)
    for stage, seconds in measures.stage_seconds.items():
        _measure("StageSeconds", MetricUnit.Seconds, seconds, ref, stage=stage)
    if measures.credits_left is not None:
        _measure("CreditsLeft", MetricUnit.Count, measures.credits_left, ref)


def _measure(name: str, unit: MetricUnit, value: float, ref: VersionRef, **dimensions: str) -> None:
    with single_metric(name=name, unit=unit, value=float(value), namespace=NAMESPACE) as metric:
        for dimension, kind in dimensions.items():
            metric.add_dimension(name=dimension, value=kind)
        # Metadata, not a dimension: it connects the line with the video's other log lines.
        metric.add_metadata(key="video_id", value=ref.video_id)
