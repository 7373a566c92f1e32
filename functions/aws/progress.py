"""A store that also announces progress: on the topic if the stack wants it, and to services that asked."""

from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

from aws.table import VideoTable, version_key
from videos.events.announcements import Topic, progress_of
from videos.events.stages import PROGRESS
from videos.events.webhooks import PROGRESS_STEP, WebhookQueue, call_back_on_progress
from videos.model.records import Stage, VersionRef
from videos.model.video import Video

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

logger = Logger(child=True)

_BEGINNINGS = {Stage.INSPECTING, Stage.RENDERING}


class AnnouncedProgress(VideoTable):
    """Announces the progress of a version.

    The topic gets its beginning, that its agent is still working, and that its render starts. A service
    gets the progress in percent, each time at least `PROGRESS_STEP` more.
    """

    def __init__(self, table: "Table", *, topic: Topic | None, webhooks: WebhookQueue) -> None:
        super().__init__(table)
        self._topic = topic
        self._webhooks = webhooks

    def report(self, video_id: str, stage: Stage, progress: int, message: str) -> bool:
        entered = super().report(video_id, stage, progress, message)
        begins = entered and stage in _BEGINNINGS
        goes_on = stage is Stage.GENERATING and message != PROGRESS[stage][1]
        for_topic = self._topic if begins or goes_on else None
        for_service = progress >= PROGRESS_STEP and not goes_on
        if for_topic or for_service:
            try:
                self._announce(video_id, stage, message, for_topic)
            except (BotoCoreError, ClientError) as error:
                logger.warning("progress was not announced", exc_info=error)  # must not fail the step
        return entered

    def _announce(self, video_id: str, stage: Stage, message: str, topic: Topic | None) -> None:
        video = self.video(video_id)
        if video.stage is not stage:  # the agent of a cancelled version may still be working
            return
        if topic is not None:
            batch = self.version(video.ref).batch
            topic.publish(progress_of(video, stage, message, batch=batch))
        if video.webhook is not None and video.webhook.on_progress and self._advances(video):
            call_back_on_progress(video, stage, video.progress, self._webhooks)

    def _advances(self, video: Video) -> bool:
        """Note the progress that a service learns; False if it has learned nearly as much."""
        return self._update(_advance(video.ref, video.progress))


def _advance(ref: VersionRef, progress: int) -> dict[str, object]:
    return {
        "Key": version_key(ref),
        "UpdateExpression": "SET progress_sent = :progress",
        # Nobody has asked for an automatic export, so nobody waits for its end.
        "ConditionExpression": "attribute_exists(video_id) AND attribute_not_exists(ended)"
        " AND automatic = :no AND (attribute_not_exists(progress_sent) OR progress_sent <= :most)",
        "ExpressionAttributeValues": {
            ":progress": progress,
            ":most": progress - PROGRESS_STEP,
            ":no": False,
        },
    }
