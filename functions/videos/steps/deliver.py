"""Deliver: store the finished video, check that it plays, and end the version as ready."""

from typing import TYPE_CHECKING

from videos.costs import Costs
from videos.deliver import Examine
from videos.deliver import deliver as deliver_video
from videos.ports import Shelf, VideoStore
from videos.records import Job
from videos.steps.result import DeliverResult

if TYPE_CHECKING:
    from nemovideo import NemoVideo


def deliver(
    job: Job, *, store: VideoStore, shelf: Shelf, backend: "NemoVideo", costs: Costs, examine: Examine
) -> DeliverResult:
    """Deliver the completed render. What cannot be fetched yet is fetched after another poll.

    Raises:
        DeliveryError, NemoVideoError, VideoError: as `videos.deliver.deliver`.
    """
    done = deliver_video(job, store=store, shelf=shelf, backend=backend, costs=costs, examine=examine)
    if done.verdict == "delivered":
        return DeliverResult(next="finish")
    return DeliverResult(next="wait_for_render", wait_seconds=done.wait_seconds, because=done.because)
