"""Step: hand the media to the session."""

from handlers import wiring
from handlers.step import step
from videos.prepare import Prepared, upload_media
from videos.records import Job


@step
def handler(job: Job) -> Prepared:
    return upload_media(
        job,
        store=wiring.store(),
        inbox=wiring.inbox(),
        tags=wiring.tags(),
        backend=wiring.backend(),
        pictures=wiring.pictures(),
    )
