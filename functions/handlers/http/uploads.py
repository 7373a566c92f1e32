"""Route of uploads: a form to upload one file directly to S3."""

from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from secrets import token_hex
from typing import Annotated

from aws_lambda_powertools.event_handler.openapi.params import Body
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from backend.formats import MAX_UPLOAD_BYTES
from handlers import wiring
from handlers.http.caller import owner_with
from handlers.http.models import UploadRequest, UploadTicket
from handlers.http.responses import TAKING, responses
from videos.batches.batch import BATCH_ENDINGS
from videos.model.media_types import ACCEPTED_NAMES, has_accepted_ending
from videos.requests.options import FieldError, shortened
from videos.requests.ownership import prefix_of

router = APIGatewayRouter()

FORM_SECONDS = 15 * 60


@router.post(
    "/v1/uploads",
    operation_id="createUpload",
    summary="Get a form to upload a file",
    description="Post the `fields` and the file to its `url`. Then name its `upload_id` in a video.",
    tags=["Uploads"],
    status_code=HTTPStatus.CREATED,
    responses=responses(HTTPStatus.CREATED, UploadTicket, *TAKING),
)
def create_upload(request: Annotated[UploadRequest, Body()]) -> UploadTicket:
    owner = owner_with("write", router.current_event)
    _check_kind(request.file_name)
    upload_id = f"upl-{token_hex(12)}"
    name = request.file_name.replace("$", "_")  # S3 replaces “${filename}” with the client's file name
    form = wiring.inbox().upload_form(
        f"{prefix_of(owner, upload_id)}{name}", max_bytes=MAX_UPLOAD_BYTES, seconds=FORM_SECONDS
    )
    return UploadTicket(
        upload_id=upload_id,
        url=form.url,
        fields=form.fields,
        expires_at=datetime.now(UTC) + timedelta(seconds=FORM_SECONDS),
        max_bytes=MAX_UPLOAD_BYTES,
    )


def _check_kind(name: str) -> None:
    """Reject a file type that cannot become a video or a batch."""
    if has_accepted_ending(name) or name.lower().endswith(BATCH_ENDINGS):
        return
    batches = ", ".join(ending.removeprefix(".") for ending in BATCH_ENDINGS)
    raise FieldError(
        "file_name",
        f"“{shortened(name)}” does not have an accepted file type. Upload one of these: {ACCEPTED_NAMES}."
        f" Or a batch: {batches}.",
    )
