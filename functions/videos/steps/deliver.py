"""Deliver: store the finished video, check that it plays, end the version as ready, and fill the outbox."""

from backend import VideoBackend
from videos.model.ports import VideoStorage
from videos.model.records import VersionRef
from videos.spending.costs import Costs
from videos.steps.outbox import Drops, Outbox, copy_to_outbox
from videos.steps.result import DeliverResult
from videos.steps.store_result import Examine
from videos.steps.store_result import deliver as deliver_video


def deliver(
    ref: VersionRef,
    *,
    store: Drops,
    storage: VideoStorage,
    outbox: Outbox,
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
        copy_to_outbox(ref, store=store, outbox=outbox)
        return DeliverResult(next="finish", because=done.because)
    return DeliverResult(next="wait_for_render", wait_seconds=done.wait_seconds, because=done.because)
