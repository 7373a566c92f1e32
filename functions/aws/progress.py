"""A store that also announces progress, for stacks with progress notifications."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from aws.table import VideoTable
from videos.events.announcements import Topic, progress_of
from videos.events.stages import PROGRESS
from videos.model.records import Stage

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

logger = Logger(child=True)

_BEGINNINGS = {Stage.INSPECTING, Stage.RENDERING}


class AnnouncedProgress(VideoTable):
    """Announces that a version starts, that its agent is still working, and that its render starts."""

    def __init__(self, table: "Table", topic: Topic) -> None:
        super().__init__(table)
        self._topic = topic

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        entered = super().report(video_id, stage, progress, message)
        begins = entered and stage in _BEGINNINGS
        goes_on = stage is Stage.GENERATING and message != PROGRESS[stage][1]
        if begins or goes_on:
            try:
                self._announce(video_id, stage, message)
            except (BotoCoreError, ClientError) as error:
                logger.warning("progress was not announced", exc_info=error)  # must not fail the step
        return entered

    def _announce(self, video_id: str, stage: Stage, message: str) -> None:
        video = self.video(video_id)
        if video.stage is stage:  # the agent of a cancelled version may still be working
            batch = self.version(video.ref).batch
            self._topic.publish(progress_of(video, stage, message, batch=batch))
