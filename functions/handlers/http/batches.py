"""Routes of batches."""

import hashlib
import json
import os
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Body, Query
from aws_lambda_powertools.event_handler.router import APIGatewayRouter

from handlers import wiring
from handlers.http.caller import idempotency_key_in, owner_with, refuse_unknown_parameters
from handlers.http.models import MAX_PAGE, BatchLinks, BatchList, BatchRequest, BatchResource
from handlers.http.presenting import base_url
from handlers.http.problems import InvalidSignedLinkError
from handlers.http.responses import PLAIN, TAKING, responses
from videos.batches.batch import (
    BATCH_ENDINGS,
    RESULTS_TYPE,
    BatchNotFoundError,
    NewBatch,
    accept_batch,
    batch_id_for,
    is_results,
    new_secret,
)
from videos.events.signed_links import may_read_results, results_url
from videos.inbox.drop import idempotency_key_of
from videos.lifecycle.edit import NotPossibleError
from videos.lifecycle.submit import ConflictingRequestError
from videos.model.batch import Batch, working_folder
from videos.model.media import InboxFile
from videos.model.records import Status
from videos.requests.options import FieldError

if TYPE_CHECKING:
    from videos.model.ports import Method

router = APIGatewayRouter()

LINK_SECONDS = 3600
RESPONSE_BYTES = 4_000_000
"""Lambda limits a response to 6 MB of JSON, and escaping makes the text longer."""


@router.post(
    "/v1/batches",
    operation_id="createBatch",
    summary="Create many videos",
    description="Makes a video or a version of each row. An invalid row does not stop the others.",
    tags=["Batches"],
    status_code=HTTPStatus.ACCEPTED,
    responses=responses(HTTPStatus.ACCEPTED, BatchResource, *TAKING, headers=("Location",)),
)
def create_batch(request: Annotated[BatchRequest, Body()]) -> Response[BatchResource]:
    owner = owner_with("write", router.current_event)
    new = _of_rows(request, owner) if request.rows is not None else _of_file(request, owner)
    try:
        batch = accept_batch(
            new,
            store=wiring.batches(),
            workflow=wiring.batch_workflow(),
            keep_days=int(os.environ["KEEP_DAYS"]),
        )
    except ConflictingRequestError as error:
        if request.rows is not None:
            raise
        raise NotPossibleError(
            "This file is already a batch: it was submitted by another owner, or dropped into the inbox."
            " To run its rows again, upload it again."
        ) from error
    resource = _resource_of(batch)
    return Response(
        status_code=HTTPStatus.ACCEPTED,
        content_type="application/json",
        body=resource,
        headers={"Location": resource.links.self},
    )


@router.get(
    "/v1/batches",
    operation_id="listBatches",
    summary="List batches",
    description="Returns your batches, newest first.",
    tags=["Batches"],
    responses=responses(HTTPStatus.OK, BatchList, *PLAIN),
)
def list_batches(
    status: Annotated[Status | None, Query(description="Only batches with this status.")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="How many to return.")] = 20,
    cursor: Annotated[
        str | None, Query(max_length=500, description="The `cursor` of the previous page.")
    ] = None,
) -> BatchList:
    owner = owner_with("read", router.current_event)
    refuse_unknown_parameters(router.current_event, "status", "limit", "cursor")
    page = wiring.batches().of_owner(owner, status=status, limit=limit, after=cursor)
    return BatchList(batches=[_resource_of(batch) for batch in page.batches], cursor=page.cursor)


@router.get(
    "/v1/batches/<batch_id>",
    operation_id="getBatch",
    summary="Read a batch",
    description="Returns the progress of a batch, and at its end a link to the results.",
    tags=["Batches"],
    responses=responses(HTTPStatus.OK, BatchResource, HTTPStatus.NOT_FOUND, *PLAIN),
)
def get_batch(batch_id: str) -> BatchResource:
    owner = owner_with("read", router.current_event)
    batch = wiring.batches().batch(batch_id)
    if batch.owner != owner:
        raise BatchNotFoundError(batch_id)
    return _resource_of(batch)


@router.get("/batches/<batch_id>/results.csv", include_in_schema=False)
def get_results(batch_id: str) -> Response[str]:
    """Return the results, or redirect to the file if it is too large for a response of Lambda.

    S3 accepts a link only for the method that it was signed for.
    """
    method: Method = "HEAD" if router.current_event.request_context.http_method == "HEAD" else "GET"
    query = router.current_event.query_string_parameters
    expires, signature = query.get("expires", ""), query.get("signature", "")
    try:
        batch = wiring.batches().batch(batch_id)
    except BatchNotFoundError:
        raise InvalidSignedLinkError from None
    now = datetime.now(UTC)
    if batch.ended is None or not may_read_results(batch, expires=expires, signature=signature, now=now):
        raise InvalidSignedLinkError
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    try:
        body = wiring.inbox().head(batch.ended.results, RESPONSE_BYTES + 1)
    except FileNotFoundError:
        raise InvalidSignedLinkError from None
    if len(body) <= RESPONSE_BYTES:
        text = "" if method == "HEAD" else body.decode()
        return Response(HTTPStatus.OK, content_type=RESULTS_TYPE, body=text, headers=headers)
    headers["Location"] = wiring.inbox().link(batch.ended.results, seconds=LINK_SECONDS, method=method)
    return Response(status_code=HTTPStatus.FOUND, content_type="text/plain", body="", headers=headers)


def _of_rows(request: BatchRequest, owner: str) -> NewBatch:
    """Store the rows as a batch file, under a key that no request can name."""
    idempotency_key = f"batch:{idempotency_key_in(router.current_event, owner)}"
    body = "".join(f"{json.dumps(row)}\n" for row in request.rows or ()).encode()
    batch_id, secret = batch_id_for(idempotency_key), new_secret()
    try:
        file = wiring.batches().batch(batch_id).file
    except BatchNotFoundError:
        file = _stored(f"{working_folder(batch_id, secret)}/batch.jsonl", body)
    return NewBatch(
        idempotency_key=idempotency_key,
        owner=owner,
        source="api",
        file=file,
        fingerprint=hashlib.sha256(body).hexdigest(),
        secret=secret,
    )


def _stored(key: str, body: bytes) -> InboxFile:
    wiring.beside_the_input().store(key, body, "application/jsonl")
    file = InboxFile(bucket=os.environ["INBOX_BUCKET"], key=key)
    return file.model_copy(update={"version_id": wiring.inbox().describe(file).version_id})


def _of_file(request: BatchRequest, owner: str) -> NewBatch:
    """Return the batch of an upload or of an inbox file. A file that was dropped is the same batch."""
    objects = wiring.named_objects()
    if request.upload_id is not None:
        field, key = "upload_id", objects.uploaded("upload_id", request.upload_id, owner).key
    else:
        field, key = "s3_key", request.s3_key or ""
    folder, _, name = key.rpartition("/")
    if not folder or not name.lower().endswith(BATCH_ENDINGS):
        raise FieldError(
            field,
            f"A batch is a {', '.join(BATCH_ENDINGS[:-1])} or {BATCH_ENDINGS[-1]} file in a folder, such as"
            " inbox/spring/batch.csv.",
        )
    if is_results(name):
        raise FieldError(field, f"“{name}” is a reserved name for results. Rename the file.")
    file = objects.named(field, key, owner)
    return NewBatch(idempotency_key=idempotency_key_of(file), owner=owner, source="api", file=file)


def _resource_of(batch: Batch) -> BatchResource:
    total, ended = batch.layout.rows if batch.layout else None, batch.ended
    if ended is not None:
        counts = {status.value: number for status, number in ended.counts.items()}
        counts |= {"rejected": ended.rejected} if ended.rejected else {}
        ended_rows = sum(counts.values())
    else:
        counts = {str(status): number for status, number in wiring.batches().counts(batch.batch_id).items()}
        ended_rows = sum(counts.values())
        counts |= {"open": total - ended_rows} if total is not None and total > ended_rows else {}
    return BatchResource(
        id=batch.batch_id,
        name=batch.name,
        status=batch.status,
        progress=100 if ended else 99 * ended_rows // total if total else 0,
        message=ended.message if ended else _news(ended_rows, total),
        rows=total,
        counts=counts,
        created_at=batch.created_at,
        expires_at=batch.expires_at,
        links=BatchLinks(
            self=f"{base_url(router.current_event)}/v1/batches/{batch.batch_id}",
            results=_link_to_results(batch),
        ),
    )


def _link_to_results(batch: Batch) -> str | None:
    if batch.ended is None:
        return None
    return results_url(base_url(router.current_event), batch)


def _news(ended_rows: int, total: int | None) -> str:
    return f"{ended_rows} of {total} rows have ended." if total is not None else "The file is being read."
