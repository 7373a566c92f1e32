"""What goes to the topic: that a version has ended, that a batch has, and on request how a version goes on.

An announcement is a fact for machines. What people read is made of it, for each channel, by `notifications`.
"""

import json
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Literal, Protocol, Self

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter

from backend.draft import title_of
from backend.languages import DEFAULT, Code, language_of
from backend.phrases import translate
from videos.events.signed_links import (
    captions_url,
    change_url,
    download_url,
    edits_url,
    poster_url,
    watch_url,
)
from videos.model.failure_codes import FailureCode
from videos.model.media import InboxFile, Media
from videos.model.records import BatchRow, Stage, Status
from videos.model.redaction import without_secrets
from videos.model.texts import shortened
from videos.model.version import Ended, Version
from videos.model.video import Video


class _Announcement(BaseModel):
    """What all announcements say. The id is the same however often one is sent."""

    model_config = ConfigDict(frozen=True)

    # Messages of version 1 may still wait in a queue.
    schema_version: Annotated[
        Literal["1", "2"],
        Field(description="The version of this schema. Events of version 1 are no longer sent."),
    ] = "2"
    id: Annotated[str, Field(description="Identifies the event. It is the same for every delivery.")]
    at: Annotated[AwareDatetime, Field(description="When it happened.")]
    owner: Annotated[str, Field(description="The owner of the video or batch.")]
    source: Annotated[Literal["inbox", "api"], Field(description="Where the request came from.")]
    status: Annotated[Status, Field(description="The status of the video or batch.")]
    name: Annotated[
        str,
        Field(description="A name for people: a file, an address, or the beginning of the instruction."),
    ]
    language: Annotated[
        Code,
        Field(description="The language of the instruction. English if it is not clear."),
    ] = DEFAULT
    message: Annotated[str, Field(description="What happened, in one sentence.")]


class WatchLinks(BaseModel):
    """Links for people. Valid until the video expires."""

    watch: Annotated[str, Field(description="The page on which people watch the video.")]
    poster: Annotated[str, Field(description="A picture of the video.")]
    download: Annotated[str, Field(description="The video, to save under its title.")]
    captions: Annotated[
        str | None, Field(description="The words of the video, as WebVTT. Null if it has none.")
    ] = None
    editor: Annotated[
        str | None,
        Field(description="The project in the video service's own editor. Valid for a week."),
    ] = None
    expires_at: Annotated[AwareDatetime, Field(description="When the links end.")]


class Source(BaseModel):
    """What a video is made of, under a name for people, without buckets, keys and secrets of URLs."""

    kind: Annotated[
        Literal["file", "address"], Field(description="A file, or the address of a page or a file.")
    ]
    name: Annotated[str, Field(description="Its name.")]

    @classmethod
    def of(cls, media: Media) -> Self:
        return cls(kind="file" if isinstance(media, InboxFile) else "address", name=media.name)


class VideoEnded(_Announcement):
    """A version of a video has ended."""

    type: Literal["video.ended"] = "video.ended"
    video_id: Annotated[str, Field(description="The id of the video.")]
    version: Annotated[int, Field(description="The number of the version.")]
    title: Annotated[str | None, Field(description="The first text that the video shows.")] = None
    instruction: Annotated[str, Field(description="What the version should show or change.")]
    code: Annotated[FailureCode | None, Field(description="Why it failed, as a stable code.")] = None
    advice: Annotated[str | None, Field(description="What to do. Null if there is nothing to do.")] = None
    timeline: Annotated[str | None, Field(description="The timeline of the version in words.")] = None
    changes: Annotated[tuple[str, ...], Field(description="What is different from the version before.")] = ()
    agent_says: Annotated[str | None, Field(description="What the agent said, in its own words.")] = None
    question: Annotated[
        str | None, Field(description="What the agent asks about the finished video. Answer it with an edit.")
    ] = None
    credits_used: Annotated[
        float | None, Field(description="What the version cost, as far as it is known.")
    ] = None
    credits_left: Annotated[float | None, Field(description="What is left in the account.")] = None
    duration_seconds: Annotated[float | None, Field(description="Duration of the file.")] = None
    width: Annotated[int | None, Field(description="Width in pixels.")] = None
    height: Annotated[int | None, Field(description="Height in pixels.")] = None
    links: Annotated[WatchLinks | None, Field(description="Links for people. Null if there is no video.")] = (
        None
    )
    edits_url: Annotated[str, Field(description="Where the next instruction is posted to, with a key.")]
    change_url: Annotated[
        str | None,
        Field(
            description="A page to watch the video, change it and answer questions without a key. Anyone who"
            " has this address can do so. Null in webhooks."
        ),
    ] = None
    sources: Annotated[tuple[Source, ...], Field(description="What the video is made of.")] = ()
    metadata: Annotated[dict[str, JsonValue] | None, Field(description="The metadata of the request.")] = None
    batch: Annotated[
        BatchRow | None,
        Field(description="The row of a batch that asked for it. People get one message for the batch."),
    ] = None


class VideoProgress(_Announcement):
    """The progress of a version. Sent only if the stack has progress notifications."""

    type: Literal["video.progress"] = "video.progress"
    video_id: str
    version: int
    stage: Stage
    batch: BatchRow | None = None


class BatchEnded(_Announcement):
    """Every row of a batch has ended."""

    type: Literal["batch.ended"] = "batch.ended"
    batch_id: str
    counts: Annotated[dict[Status, int], Field(description="How many videos ended how.")]
    rejected: Annotated[int, Field(description="Invalid rows, which became no video.")] = 0
    results: Annotated[
        str,
        Field(
            description="The batch in the API, with a link to its results. A key of the owner is required."
        ),
    ]
    results_file: Annotated[
        str | None,
        Field(description="The name of the results, where they are beside a file that was dropped."),
    ] = None
    page_url: Annotated[
        str | None,
        Field(
            description="The batch on the home page, for people with a key. Null if there is no home page."
        ),
    ] = None
    is_read: Annotated[bool, Field(description="Whether the file had rows that could be read.")] = True


Announcement = Annotated[VideoEnded | VideoProgress | BatchEnded, Field(discriminator="type")]
_ANY: TypeAdapter[Announcement] = TypeAdapter(Announcement)


class Topic(Protocol):
    """Publishes announcements."""

    def publish(self, announcement: Announcement) -> str:
        """The message's id."""


def parse_announcement(body: str | bytes) -> Announcement:
    """Read what came from the topic.

    Raises:
        pydantic.ValidationError: It is no announcement of this schema.
    """
    return _ANY.validate_json(body)


def end_of(video: Video, version: Version, public_url: str, *, change_days: int | None = None) -> VideoEnded:
    """The announcement of a version's end; with a change link for so many days, if the stack has them.

    Raises:
        ValueError: The version has not ended.
    """
    if version.ended is None:
        raise ValueError(f"{version.ref.execution_name} has not ended")
    status = version.ended.status
    delivered = version.delivered if status is Status.READY else None
    failed = version.problem if status is Status.FAILED else None
    change = _change_url(video, version.ended, version.number, public_url, change_days)
    return VideoEnded(
        id=f"{version.ref.execution_name}-{status}",
        at=version.ended.at,
        video_id=video.video_id,
        version=version.number,
        owner=video.owner,
        source=video.source,
        status=status,
        name=without_secrets(_name(video, version)),
        language=language_of(version.instruction) or _language(video),
        title=_title(version) if delivered else None,
        instruction=without_secrets(version.instruction),
        message=without_secrets(version.ended.message),
        code=failed.code if failed else None,
        advice=_advice(version, PEOPLE if change is None else ON_THE_PAGE),
        timeline=without_secrets(version.timeline.summary) if version.timeline else None,
        changes=tuple(map(without_secrets, version.timeline.changes)) if version.timeline else (),
        agent_says=said_by_agent(version) if version.timeline else None,
        question=question_of(version),
        credits_used=version.credits_used,
        credits_left=version.credits_left,
        duration_seconds=delivered.duration_ms / 1000 if delivered else None,
        width=delivered.width if delivered else None,
        height=delivered.height if delivered else None,
        links=_links(public_url, video, version) if delivered else None,
        edits_url=edits_url(public_url, video),
        change_url=change,
        sources=tuple(Source.of(item) for item in video.media),
        metadata=video.metadata,
        batch=version.batch,
    )


def progress_of(video: Video, stage: Stage, message: str, *, batch: BatchRow | None = None) -> VideoProgress:
    """The announcement of a step forward; the same step has the same id."""
    news = uuid.uuid5(uuid.NAMESPACE_OID, message).hex[:8]
    return VideoProgress(
        id=f"{video.ref.execution_name}-{stage}-{news}",
        at=datetime.now(UTC),
        video_id=video.video_id,
        version=video.version,
        owner=video.owner,
        source=video.source,
        status=Status.WORKING,
        name=without_secrets(video.name),
        language=_language(video),
        message=without_secrets(message),
        stage=stage,
        batch=batch,
    )


def for_services(ended: VideoEnded) -> VideoEnded:
    """Return the announcement for a service: it has a key, so its advice is for the API.

    It needs no change link, which would let all its readers change the video.
    """
    api, advice = _over_the_api(ended.video_id), ended.advice or ""
    for ways in (PEOPLE, ON_THE_PAGE):
        advice = advice.replace(ways.answer, api.answer).replace(ways.export, api.export)
    return ended.model_copy(update={"change_url": None, "advice": advice or None})


def advice_of(version: Version) -> str | None:
    """The one thing to do, if there is one, for somebody who uses the API."""
    return _advice(version, _over_the_api(version.video_id))


@dataclass(frozen=True, slots=True)
class _Advice:
    """How a question is answered, and how a finished timeline is exported."""

    answer: str
    export: str


PEOPLE = _Advice(
    answer="Submit it again with the answer in the instruction.",
    export="The timeline is finished, and can be exported free of charge.",
)
ON_THE_PAGE = _Advice(
    answer="Answer in one sentence on the video's page.",
    export="The timeline is finished. Export it on the video's page, free of charge.",
)


def _over_the_api(video_id: str) -> _Advice:
    return _Advice(
        answer=f"Answer in one sentence through the API: POST /v1/videos/{video_id}/edits."
        " Or submit it again with the answer in the instruction.",
        export=f"The timeline is finished: POST /v1/videos/{video_id}/export is free.",
    )


def _advice(version: Version, ways: _Advice) -> str | None:
    if version.ended is None:
        return None
    if version.ended.status is Status.NEEDS_ANSWER:
        return ways.answer
    if version.problem is None or version.ended.status is not Status.FAILED:
        return None
    advice = [version.problem.advice]
    if (
        version.timeline is not None
        and version.delivered is None
        and version.problem.code is not FailureCode.SESSION_LOST
    ):
        advice.append(ways.export)
    if version.editor is not None:
        advice.append(f"The project in the video service's editor: {version.editor.link}")
    return " ".join(advice)


def _change_url(video: Video, ended: Ended, number: int, public_url: str, days: int | None) -> str | None:
    """Return the change link of a version that ended so that something can be done about it."""
    may_go_on = ended.status in {Status.READY, Status.NEEDS_ANSWER} or (
        ended.status is Status.FAILED and video.backend_session is not None
    )
    if days is None or not may_go_on:
        return None
    return change_url(public_url, video, version=number, since=ended.at, days=days)


def question_of(version: Version) -> str | None:
    """Return what the agent asks about a video that is ready, in its own words."""
    is_ready = version.ended is not None and version.ended.status is Status.READY
    return (
        said_by_agent(version)
        if is_ready and version.reply is not None and version.reply.is_question
        else None
    )


def said_by_agent(version: Version) -> str | None:
    """Return what the agent said, without the words for a GUI and without secrets."""
    return shortened(without_secrets(translate(version.reply.text).text)) or None if version.reply else None


def _language(video: Video) -> Code:
    return language_of(video.instruction) or DEFAULT


def _title(version: Version) -> str | None:
    """Return the first text of a video, unless its draft was too large to keep."""
    title = title_of(json.loads(version.timeline.draft)) if version.timeline else None
    return without_secrets(title) if title else None


def _name(video: Video, version: Version) -> str:
    return video.sequence[version.step - 1].media[0].name if version.step is not None else video.name


def _links(public_url: str, video: Video, version: Version) -> WatchLinks:
    has_captions = version.delivered is not None and version.delivered.captions_key is not None
    return WatchLinks(
        watch=watch_url(public_url, video),
        poster=poster_url(public_url, video, version.number),
        download=download_url(public_url, video, version.number),
        captions=captions_url(public_url, video, version.number) if has_captions else None,
        editor=version.editor.link if version.editor is not None else None,
        expires_at=video.expires_at,
    )
