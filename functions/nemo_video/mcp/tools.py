"""The tools: what an agent can do with a pipeline.

The docstring of a tool is its description. Agents read it before they call the tool.
"""

import asyncio
import base64
import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, TypeVar

import httpx
from mcp_types import Annotations, ImageContent, ToolAnnotations
from mcp_types import Tool as ToolDescription
from pydantic import BaseModel

from nemo_video import AsyncNemoVideo, Video, WaitTimeoutError
from nemo_video.mcp.arguments import (
    Arguments,
    CreateBatch,
    CreateUpload,
    CreateVideo,
    EditVideo,
    ExportVideo,
    ListVideos,
    NoArguments,
    ShortSchema,
    VideoArguments,
    WaitForBatch,
    WaitForVideo,
)
from nemo_video.mcp.results import (
    BatchResult,
    CreditsResult,
    EstimateResult,
    ListResult,
    UploadResult,
    VideoResult,
    of_batch,
    of_estimate,
    of_list,
    of_upload,
    of_video,
)

POSTER_SECONDS = 10.0
MOST_POSTER_BYTES = 2_000_000

A = TypeVar("A", bound=Arguments)
logger = logging.getLogger(__name__)
new_connection = partial(httpx.AsyncClient, timeout=POSTER_SECONDS)


@dataclass(frozen=True)
class Result:
    """What a tool returns."""

    content: BaseModel
    poster: ImageContent | None = None


@dataclass(frozen=True)
class Tool(Generic[A]):
    """A tool, and how an agent sees it."""

    description: ToolDescription
    arguments: type[A]
    run: Callable[[AsyncNemoVideo, A], Awaitable[Result]]


TOOLS: dict[str, Tool[Any]] = {}
_Run = Callable[[AsyncNemoVideo, A], Awaitable[Result]]


def _tool(
    title: str, result: type[BaseModel], *, reads: bool = False, repeatable: bool = True
) -> Callable[[_Run[A]], _Run[A]]:
    """Add a tool. Its name and description are those of the function.

    Args:
        title: For people.
        result: What it returns.
        reads: It changes nothing.
        repeatable: The same call a second time changes nothing more.
    """

    def added(run: _Run[A]) -> _Run[A]:
        _, arguments = list(inspect.get_annotations(run).values())[:2]
        name = run.__name__
        TOOLS[name] = Tool(
            description=ToolDescription(
                name=name,
                title=title,
                description=inspect.getdoc(run),
                input_schema=arguments.model_json_schema(schema_generator=ShortSchema),
                output_schema=result.model_json_schema(mode="serialization", schema_generator=ShortSchema),
                annotations=ToolAnnotations(
                    title=title,
                    read_only_hint=reads,
                    destructive_hint=False,  # every version of a video is kept
                    idempotent_hint=repeatable,
                    open_world_hint=True,
                ),
            ),
            arguments=arguments,
            run=run,
        )
        return run

    return added


@_tool("Create a video", VideoResult)
async def create_video(client: AsyncNemoVideo, arguments: CreateVideo) -> Result:
    """Create a video from a URL, from uploaded files, or from words alone. This spends credits.

    Before you call it, call estimate_video, and tell the user what the video costs. The video is made in
    the background, which takes some minutes: call wait_for_video next. To upload a file, call create_upload
    first.
    """
    return await _shown(await client.create(**_given(arguments)))


@_tool("Estimate the cost of a video", EstimateResult, reads=True)
async def estimate_video(client: AsyncNemoVideo, arguments: VideoArguments) -> Result:
    """Check the arguments of create_video, and estimate what the video costs in credits. Free of charge.

    Nothing is stored or started.
    """
    return Result(of_estimate(await client.estimate(**_given(arguments))))


@_tool("Wait for a video", VideoResult, reads=True)
async def wait_for_video(client: AsyncNemoVideo, arguments: WaitForVideo) -> Result:
    """Return a video with its links and its poster, as soon as it has ended. Free of charge.

    Waits up to 15 seconds. If stage is not ended then, call it again. A video takes some minutes.
    """
    return await _shown(await client.get(arguments.video_id, wait=arguments.seconds))


@_tool("Edit a video", VideoResult)
async def edit_video(client: AsyncNemoVideo, arguments: EditVideo) -> Result:
    """Make the next version of a video, or answer the agent's question. This spends credits.

    An edit usually costs less than a new video. All versions are kept. While a version is being made,
    another edit is not possible: call wait_for_video first.
    """
    return await _shown(await client.edit(**_given(arguments)))


@_tool("List videos", ListResult, reads=True)
async def list_videos(client: AsyncNemoVideo, arguments: ListVideos) -> Result:
    """List the videos of your key's owner, newest first. Free of charge."""
    videos = []
    async for video in client.list(status=arguments.status):
        videos.append(video)
        if len(videos) == arguments.limit:
            break
    return Result(of_list(videos))


@_tool("Export a video", VideoResult)
async def export_video(client: AsyncNemoVideo, arguments: ExportVideo) -> Result:
    """Render the newest timeline of a video again, for example after a failed render. Free of charge.

    A version that already has its video file is not rendered again. Call wait_for_video next.
    """
    return await _shown(await client.export(**_given(arguments)))


@_tool("Show the credits", CreditsResult, reads=True)
async def get_credits(client: AsyncNemoVideo, _arguments: NoArguments) -> Result:
    """Return how many credits are left at the video service. Free of charge."""
    return Result(CreditsResult.model_validate(await client.credits(), from_attributes=True))


@_tool("Create a batch of videos", BatchResult)
async def create_batch(client: AsyncNemoVideo, arguments: CreateBatch) -> Result:
    """Create up to 500 videos at once, from rows or from an uploaded file of rows. This spends credits.

    Each row costs as much as a video of its own. Before you call it, call estimate_video for one row,
    multiply by the number of rows, and tell the user what the batch costs. An invalid row does not stop the
    others. Call wait_for_batch next.
    """
    return Result(of_batch(await client.create_batch(**_given(arguments))))


@_tool("Wait for a batch", BatchResult, reads=True)
async def wait_for_batch(client: AsyncNemoVideo, arguments: WaitForBatch) -> Result:
    """Return the progress of a batch, and its results when it has ended. Free of charge.

    Waits up to 15 seconds. If `results` is missing then, call it again.
    """
    try:
        batch = await client.wait_batch(arguments.batch_id, timeout=arguments.seconds)
    except WaitTimeoutError:
        batch = await client.get_batch(arguments.batch_id)
    return Result(of_batch(batch))


@_tool("Create an upload form", UploadResult, repeatable=False)
async def create_upload(client: AsyncNemoVideo, arguments: CreateUpload) -> Result:
    """Return a form that uploads one file of at most 500 MB, within 15 minutes. Free of charge.

    Use its upload_id in upload_ids of create_video, as logo of a brand, or in create_batch.
    """
    return Result(of_upload(await client.upload_form(arguments.file_name)))


def _given(arguments: Arguments) -> dict[str, Any]:
    return arguments.model_dump(exclude_none=True)


async def _shown(video: Video) -> Result:
    return Result(of_video(video), await _poster_of(video))


async def _poster_of(video: Video) -> ImageContent | None:
    """Return the poster of the newest finished version. A poster that cannot be read is left out."""
    if video.stage != "ended" or video.links.poster is None:
        return None
    try:
        async with asyncio.timeout(POSTER_SECONDS), new_connection(follow_redirects=True) as http:
            response = (await http.get(video.links.poster)).raise_for_status()
    except (httpx.HTTPError, TimeoutError) as error:  # its text has the link, which is a permission
        logger.warning("a poster could not be read: %s", type(error).__name__)
        return None
    kind = response.headers.get("Content-Type", "")
    if not kind.startswith("image/") or len(response.content) > MOST_POSTER_BYTES:
        return None
    return ImageContent(
        data=base64.b64encode(response.content).decode(),
        mime_type=kind,
        annotations=Annotations(audience=["user", "assistant"]),
    )
