"""Deliver: store the finished video, check that it plays, and end the version as ready."""

from backend import VideoBackend
from videos.model.ports import VideoStorage, VideoStore
from videos.model.records import VersionRef
from videos.spending.costs import Costs
from videos.steps.result import DeliverResult
from videos.steps.store_result import Examine
from videos.steps.store_result import deliver as deliver_video


def deliver(
    ref: VersionRef,
    *,
    store: VideoStore,
    storage: VideoStorage,
    backend: VideoBackend,
    costs: Costs,
    examine: Examine,
) -> DeliverResult:
    """Deliver the completed render. What cannot be fetched yet is fetched after another poll.

    Raises:
        DeliveryError, NemoVideoError, VideoError: as `videos.steps.store_result.deliver`.
    """
    done = deliver_video(ref, store=store, storage=storage, backend=backend, costs=costs, examine=examine)
    if done.verdict == "delivered":
        return DeliverResult(next="finish")
    return DeliverResult(next="wait_for_render", wait_seconds=done.wait_seconds, because=done.because)
