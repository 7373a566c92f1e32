"""What the calls return, read from every form the vendor's documents show."""

import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import TypeVar
from urllib.parse import urlencode

from pydantic import (
    ValidationError,
)

from backend.assumptions import (
    DRAFT_V3,
    RENDER_ID_NAMES,
    RENDER_STATUSES,
    STATUS_NAMES,
    URL_NAMES,
)
from backend.errors import UnexpectedAnswerError
from backend.models import (
    AnonymousToken,
    ClaimToken,
    Credits,
    DraftFormat,
    Render,
    RenderStatus,
    Result,
    Session,
    SessionState,
    UploadedFile,
)
from backend.texts import whole_characters

_Any = TypeVar("_Any", bound=Result)


def session(data: Mapping[str, object]) -> Session:
    return _read(Session, data)


def claim_token(data: Mapping[str, object], web_url: str) -> ClaimToken:
    token = data.get("claim_token")
    return _read(
        ClaimToken,
        {
            "token": token,
            "expires_in": data.get("expires_in", 7 * 24 * 3600),
            "link": f"{web_url}/workspace/claim?{urlencode({'ct': token})}",
        },
    )


def anonymous_token(data: Mapping[str, object]) -> AnonymousToken:
    token = _read(AnonymousToken, data)
    if token.expires_at and token.expires_at.tzinfo is None:
        return token.model_copy(update={"expires_at": token.expires_at.replace(tzinfo=UTC)})
    return token


def uploaded_files(data: Mapping[str, object]) -> list[UploadedFile]:
    """Return the files that an upload lists; the upload was taken even if it lists none."""
    files = data.get("files", data.get("uploaded_files"))
    listed = [file for file in files if isinstance(file, dict)] if isinstance(files, list) else []
    described = (file | {"url": file.get("cdn_url") or file.get("url")} for file in listed)
    return [_read(UploadedFile, file) for file in described if file["url"]]


def credits_(data: Mapping[str, object]) -> Credits:
    """Read a balance: numbers, or text such as "1,000"; what is missing follows from the others.

    Raises:
        UnexpectedAnswerError: the response does not have the available credits.
    """
    available, frozen, total = (_number(data.get(name)) for name in ("available", "frozen", "total"))
    if available is None and total is not None:
        available = total - (frozen or 0)
    if available is None:
        raise UnexpectedAnswerError("The backend's response does not contain the balance.")
    frozen = frozen or 0
    return Credits(available=available, frozen=frozen, total=available + frozen if total is None else total)


def session_state(data: Mapping[str, object]) -> SessionState:
    """Read a session's state. A draft that comes as JSON text is the object in that text.

    Raises:
        UnexpectedAnswerError: there is no state, or a draft that is no object.
    """
    state = data.get("state", data if "draft" in data else None)
    if not isinstance(state, dict):
        raise UnexpectedAnswerError("The backend's response does not contain the session's state.")
    draft, draft_format = _draft(state.get("draft"))
    read = {
        "user_id": data.get("user_id"),
        **state,
        "draft": draft,
        "draft_format": draft_format,
        "files": tuple(_files(state)),
    }
    return _read(SessionState, read)


def render(data: Mapping[str, object], render_id: str) -> Render:
    """Read a render's status by its meaning; a status that nobody knows is one that still runs."""
    output, error = data.get("output"), data.get("error") or data.get("message")
    url = _first(output, URL_NAMES) if isinstance(output, dict) else None
    url = url or _first(data, URL_NAMES) or (output if isinstance(output, str) and output else None)
    return _read(
        Render,
        {
            "id": render_id,
            "status": _status(_first(data, STATUS_NAMES), has_url=url is not None),
            "progress": data.get("progress"),
            "url": url,
            "error": error.get("message") if isinstance(error, dict) else error,
        },
    )


def started_render(data: Mapping[str, object], render_id: str) -> Render:
    """Read the answer to a new render, whose id may be one of the backend's own choosing."""
    own = _first(data, RENDER_ID_NAMES)
    known_as = str(own) if isinstance(own, str | int) and not isinstance(own, bool) else render_id
    return render({"status": "pending", **data}, known_as or render_id)


_MEANINGS: dict[str, RenderStatus] = {
    synonym: meaning for meaning, synonyms in RENDER_STATUSES.items() for synonym in synonyms.split()
}


def _status(said: object, *, has_url: bool) -> RenderStatus:
    if said is None:
        return "completed" if has_url else "processing"
    words = re.sub(r"[\s-]+", "_", str(said).strip().casefold()).rpartition(".")[2]
    return _MEANINGS.get(words, "processing")


def _first(data: Mapping[str, object], names: Iterable[str]) -> object:
    return next((data[name] for name in names if data.get(name) not in (None, "")), None)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        value = re.sub(r"[\s,_']", "", value)
    try:
        number = float(value) if isinstance(value, str | int | float) else None
    except (ValueError, OverflowError):
        return None
    return number if number is not None and math.isfinite(number) else None


def _draft(draft: object) -> tuple[dict[str, object] | None, DraftFormat]:
    if isinstance(draft, str) and DRAFT_V3.match(draft):
        return None, DraftFormat.V3
    if isinstance(draft, str) and draft.strip():
        try:
            draft = json.loads(draft)
        except (ValueError, RecursionError):
            raise UnexpectedAnswerError("The session's draft is text that cannot be read.") from None
    if draft is None or draft == "":
        return None, DraftFormat.TRACKS
    if not isinstance(draft, dict):
        raise UnexpectedAnswerError("The session's draft is not an object.")
    try:
        json.dumps(draft)
    except RecursionError:
        raise UnexpectedAnswerError("The session's draft is nested too deeply.") from None
    return draft, DraftFormat.TRACKS


def _files(state: Mapping[str, object]) -> Iterator[dict[str, object]]:
    """Yield what `files:…` lists: one object, a list of them, or a table of them."""
    for name, value in state.items():
        if not name.startswith("files"):
            continue
        listed = list(value.values()) if isinstance(value, dict) and "cdn_url" not in value else [value]
        for entry in listed:
            items = entry if isinstance(entry, list) else [entry]
            yield from (item for item in items if isinstance(item, dict) and item.get("cdn_url"))


def _read(model: type[_Any], data: Mapping[str, object]) -> _Any:
    clean = {
        name: whole_characters(value) if isinstance(value, str) else value for name, value in data.items()
    }
    try:
        return model.model_validate(clean)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, detail["loc"])) for detail in error.errors(include_input=False))
        raise UnexpectedAnswerError(
            f"The backend's response has missing or invalid fields: {where}."
        ) from error
