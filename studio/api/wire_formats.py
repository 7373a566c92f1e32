"""Answers in the forms of the wire: the documented ones, and those that other vendor documents show."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from studio.agent.conversation import StreamEvent
from studio.errors import ExpiredTokenError, InvalidTokenError, StudioError
from studio.settings import Shapes

Json = dict[str, Any]

TEMPORARY_ISSUE = "I encountered a temporary issue. Please try again."


@dataclass(frozen=True)
class UploadedFile:
    """An uploaded file on the wire. Seconds, pixels."""

    filename: str
    file_type: str
    url: str | None
    duration: float
    width: int
    height: int
    fps: float
    sha256: str

    def described(self) -> Json:
        return {
            "filename": self.filename,
            "file_type": self.file_type,
            "cdn_url": self.url,
            "duration": self.duration,
            "width": self.width,
            "height": self.height,
            "fps": self.fps,
            "hash": self.sha256,
        }


@dataclass(frozen=True)
class RenderStatus:
    """A render on the wire. Moments are ISO 8601."""

    id: str
    status: str
    progress: float
    created_at: str
    completed_at: str | None
    error: str | None
    url: str | None


class Form(Protocol):
    """How answers are shaped where the vendor's documents disagree."""

    known_render_is_answered: bool
    """Whether a render id that is taken is answered with its render, instead of refused."""

    def events(self, events: AsyncIterator[StreamEvent]) -> AsyncIterator[Json | None]:
        """What the stream sends; `None` is an event without data."""
        ...

    def session(self, session: Json) -> Json: ...

    def upload(self, files: Sequence[UploadedFile]) -> Json: ...

    def render(self, render: RenderStatus) -> Json: ...

    def code(self, error: StudioError) -> int: ...


class Documented:
    known_render_is_answered = False

    async def events(self, events: AsyncIterator[StreamEvent]) -> AsyncIterator[Json | None]:
        async for event in events:
            if event["type"] == "error":
                yield {"error": {"code": event["code"], "message": event["message"]}}
            else:
                yield event

    def session(self, session: Json) -> Json:
        return enveloped(session)

    def upload(self, files: Sequence[UploadedFile]) -> Json:
        return enveloped({"files": [file.described() for file in files], "session_state_applied": True})

    def render(self, render: RenderStatus) -> Json:
        answer = {
            "id": render.id,
            "status": render.status,
            "progress": render.progress,
            "createdAt": render.created_at,
            "completedAt": render.completed_at,
            "error": render.error,
            "output": {"url": render.url} if render.url else None,
        }
        return {name: value for name, value in answer.items() if value is not None}

    def code(self, error: StudioError) -> int:
        return error.code


class Alternative:
    known_render_is_answered = True

    async def events(self, events: AsyncIterator[StreamEvent]) -> AsyncIterator[Json | None]:
        """Events of Google's Agent Development Kit."""
        generated = False
        async for event in events:
            generated = generated or event.get("name") == "generate_video"
            for adk in _adk_events(event):
                yield adk
        if generated:
            yield _spoken(TEMPORARY_ISSUE)

    def session(self, session: Json) -> Json:
        return session

    def upload(self, files: Sequence[UploadedFile]) -> Json:
        return enveloped({"uploaded_files": [{"name": file.filename, "url": file.url} for file in files]})

    def render(self, render: RenderStatus) -> Json:
        data = {
            "id": render.id,
            "status": render.status,
            "progress": render.progress,
            "outputUrl": render.url,
            "createdAt": render.created_at,
            "completedAt": render.completed_at,
            "error": render.error,
        }
        return {"success": True, "data": {name: value for name, value in data.items() if value is not None}}

    def code(self, error: StudioError) -> int:
        if isinstance(error, ExpiredTokenError):
            return 1011
        return 1010 if isinstance(error, InvalidTokenError) else error.code


FORMS: Mapping[Shapes, Form] = {Shapes.DOCUMENTED: Documented(), Shapes.ALTERNATIVE: Alternative()}


def enveloped(data: object) -> Json:
    return {"code": 0, "message": "success", "data": data}


def _adk_events(event: StreamEvent) -> Iterator[Json | None]:
    match event:
        case {"type": "tool_call", "name": name, "args": args}:
            yield _part({"text": "I shall use a tool.", "thought": True})
            yield _part({"functionCall": {"name": name, "args": args}})
        case {"type": "tool_result", "name": name, "result": result}:
            yield _part({"functionResponse": {"name": name, "response": result}})
        case {"type": "text", "content": str(content)}:
            middle = len(content) // 2
            for delta in (content[:middle], content[middle:]):
                yield _spoken(delta) | {"partial": True}
            yield _spoken(content) | {"partial": False}
        case {"type": "error", "code": code, "message": message}:
            yield {"author": "nemo_agent", "errorCode": code, "errorMessage": message}
        case _:
            yield None


def _spoken(text: str) -> Json:
    return _part({"text": text})


def _part(part: Json) -> Json:
    return {"author": "nemo_agent", "content": {"role": "model", "parts": [part]}}
