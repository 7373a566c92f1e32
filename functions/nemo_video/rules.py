"""The rules of both clients: settings, requests, retries, errors. Nothing here waits, reads or sends."""

import hashlib
import json
import os
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, TypedDict, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from nemo_video.errors import (
    REQUEST_ID,
    ApiError,
    ConnectionFailedError,
    NemoVideoError,
    NoFileError,
    SettingsError,
    StorageError,
    api_error_class,
)
from nemo_video.models import Batch, Problem, UploadForm, Video

API_VARIABLE: Final = "NEMO_VIDEO_API"
KEY_VARIABLE: Final = "NEMO_VIDEO_KEY"

ATTEMPTS: Final = 6
RETRY_SECONDS: Final = 120.0
"""Seconds after which a request is not repeated any more."""
FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 20.0
LONGEST_RETRY_AFTER: Final = 60.0
"""Seconds. If the API wants a longer pause, the caller gets the error."""
TIMEOUT: Final = httpx.Timeout(60.0, connect=10.0)
"""Seconds. A long poll takes up to 20, and API Gateway ends every request after 29."""
POLL_SECONDS: Final = 20
"""How long the API waits for a change of a video."""
PAUSE_SECONDS: Final = 2.0
"""Pause between polls that the API answers at once, because too many requests are waiting."""


class Retries(TypedDict):
    """How often and for how long a request is repeated. The unit of all but `attempts` is seconds."""

    attempts: int
    timeout: float | None
    wait_initial: float
    wait_max: float


def retries(attempts: int, *, of_file: bool = False) -> Retries:
    """Return when to repeat a request. The transfer of a file may take any time."""
    return {
        "attempts": attempts,
        "timeout": None if of_file else RETRY_SECONDS,
        "wait_initial": FIRST_PAUSE,
        "wait_max": LONGEST_PAUSE,
    }


# API Gateway answers 500 where Lambda has too many executions at once.
RETRIED: Final = frozenset({429, 500, 502, 503, 504})
_MB: Final = 1024 * 1024
_PROBLEM: Final = "urn:nemo-video:problem:"
_VISIBLE: Final = re.compile(r"[!-~]+")
_ID: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")
_SHOWN: Final = 60
"""Characters of a wrong id that an error repeats."""
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})

_M = TypeVar("_M", bound=BaseModel)


@dataclass(frozen=True)
class Settings:
    """Where the API is, and the key. The key is not shown by `repr`."""

    api: str
    key: str

    def __repr__(self) -> str:
        return f"Settings(api={self.api!r})"


def settings(api: str | None, key: str | None) -> Settings:
    """Return the settings, from arguments or from the environment.

    Raises:
        SettingsError: One is missing or invalid.
    """
    api = api or os.environ.get(API_VARIABLE)
    key = key or os.environ.get(KEY_VARIABLE)
    if not api:
        raise SettingsError(f"The address of the API is missing. Pass `api`, or set {API_VARIABLE}.")
    if not key:
        raise SettingsError(f"The API key is missing. Pass `key`, or set {KEY_VARIABLE}.")
    if not _VISIBLE.fullmatch(key):
        raise SettingsError("Invalid API key. It must contain only ASCII letters, digits and signs.")
    return Settings(checked_address(api), key)


def checked_address(api: str) -> str:
    """Return the base URL of the API.

    Raises:
        SettingsError: It is no http URL, or would send the key unencrypted over a network.
    """
    try:
        url = httpx.URL(base_of(api))
        url.host.encode("idna")  # a part that is empty, too long or no valid international name
    except (httpx.InvalidURL, UnicodeError):
        url = httpx.URL("")
    if url.scheme not in {"http", "https"} or not url.host or url.query or url.userinfo:
        raise SettingsError("The address of the API is invalid. It looks like https://api.example.com/live.")
    if url.scheme == "http" and not is_this_machine(url.host):
        raise SettingsError(
            "The address of the API must begin with https://, because otherwise others could read the key."
        )
    return str(url)


def base_of(api: str) -> str:
    """Return the address of an API without `/v1` and slashes at its end. Each request adds its path."""
    return api.strip().rstrip("/").removesuffix("/v1").rstrip("/")


def is_this_machine(host: str) -> bool:
    """Return whether a request to a host leaves this machine."""
    return host in _THIS_MACHINE or host.endswith(".localhost")


def new_key() -> str:
    """Return a new idempotency key."""
    return str(uuid.uuid4())


def part_key(key: str, part: str) -> str:
    """Return the idempotency key of one part of the work that `key` stands for."""
    return hashlib.sha256(f"{key}/{part}".encode()).hexdigest()


def in_path(given: str) -> str:
    """Return the id of a video, a batch or a webhook as a part of a path.

    Raises:
        NemoVideoError: It is not an id, so it could lead to another address.
    """
    if not _ID.fullmatch(given):
        shown = given if len(given) <= _SHOWN else f"{given[: _SHOWN - 1]}…"
        raise NemoVideoError(f"“{shown}” is not an id. Use an id of this API, such as vid-… or bat-….")
    return given


def json_body(fields: Mapping[str, object]) -> bytes:
    """Return a request body. The same fields always give the same bytes, as a repeated request needs.

    Raises:
        NemoVideoError: A text, such as the name of a file, is not valid Unicode.
    """
    given = {name: value for name, value in fields.items() if value is not None}
    try:
        return json.dumps(given, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
    except UnicodeEncodeError as error:
        raise NemoVideoError(
            "A text, or the name of a file, is not valid Unicode. Write it in UTF-8, or rename the file."
        ) from error


def headers(settings: Settings, body: bytes | None, idempotency_key: str | None) -> dict[str, str]:
    """Return the headers of a request to the API. Only such a request gets the key.

    Raises:
        NemoVideoError: The idempotency key cannot be sent.
    """
    made = {"x-api-key": settings.key, "Accept": "application/json"}
    if body is not None:
        made["Content-Type"] = "application/json"
    if idempotency_key is not None:
        if not _VISIBLE.fullmatch(idempotency_key):
            raise NemoVideoError(
                "The idempotency key is invalid. Use 1 to 255 visible ASCII characters, without spaces."
            )
        made["Idempotency-Key"] = idempotency_key
    return made


def pause_before_retry(error: Exception) -> bool | float:
    """Return whether a request may be repeated, or after how many seconds.

    Each request is safe to repeat: the clients send every POST with an `Idempotency-Key`.
    """
    if isinstance(error, ConnectionFailedError):
        return True
    if not isinstance(error, ApiError):
        return False
    if error.status == httpx.codes.BAD_GATEWAY and error.type == "backend" and error.retry_after is None:
        return False  # the video service refused: a repetition changes nothing
    if error.status not in RETRIED and error.type != "in-progress":
        return False
    if error.retry_after is None:
        return True
    return error.retry_after if error.retry_after <= LONGEST_RETRY_AFTER else False


def checked(response: httpx.Response) -> httpx.Response:
    """Return a successful response, or 304.

    Raises:
        ApiError: Another one.
    """
    if response.is_success or response.status_code == httpx.codes.NOT_MODIFIED:
        return response
    raise error_of(response)


def error_of(response: httpx.Response) -> ApiError:
    """Return the error that a response stands for."""
    status = response.status_code
    common: dict[str, Any] = {
        "status": status,
        "request_id": response.headers.get(REQUEST_ID),
        "retry_after": retry_after(response),
    }
    kind = api_error_class(status)
    try:
        problem = Problem.model_validate_json(response.content)
    except ValidationError:
        return kind(_unexplained(response), **common)
    return kind(
        problem.detail,
        type=problem.type.removeprefix(_PROBLEM),
        field=problem.field,
        code=problem.code,
        **common,
    )


def _unexplained(response: httpx.Response) -> str:
    """Return a sentence about an error that has no problem details, such as one of a gateway."""
    status = response.status_code
    if status in {401, 403}:
        return "The API does not accept this key. Check the key and the address of the API."
    if status == httpx.codes.NOT_FOUND:
        return "Nothing was found at this address. Check the address of the API."
    if response.is_redirect:
        return "The address of the API redirects to another one. Use the address of the API itself."
    if status in RETRIED:
        return f"The API is busy or not available (HTTP {status}). Try again later."
    return (
        f"The API returned an error without details (HTTP {status})."
        " Check the address of the API, or ask its operator."
    )


def retry_after(response: httpx.Response) -> float | None:
    """Return the seconds of `Retry-After`, which may also be a date."""
    said = response.headers.get("Retry-After", "")
    if re.fullmatch(r"\d{1,9}", said):
        return float(said)
    try:
        seconds = (
            parsedate_to_datetime(said).timestamp()
            - parsedate_to_datetime(response.headers["Date"]).timestamp()
        )
    except (KeyError, ValueError, TypeError, OverflowError):
        return None
    return max(0.0, seconds)


def unreachable(error: httpx.RequestError, what: str) -> ConnectionFailedError:
    """Return the error for a request without a response."""
    if isinstance(error, httpx.TimeoutException):
        return ConnectionFailedError(f"{what} did not answer in time. Check your connection, and try again.")
    if isinstance(error, httpx.ConnectError):
        return ConnectionFailedError(
            f"{what} cannot be reached. Check its address and your connection, and try again."
        )
    return ConnectionFailedError(f"{what} broke the connection ({type(error).__name__}). Try again.")


def model(kind: type[_M], response: httpx.Response) -> _M:
    """Return the body of a response.

    Raises:
        ApiError: It is not what the API would answer, so the address is probably wrong.
    """
    try:
        return kind.model_validate_json(response.content)
    except ValidationError:
        raise _foreign(response) from None


def nothing(response: httpx.Response) -> None:
    """Check a response that has no body.

    Raises:
        ApiError: It is not what the API would answer.
    """
    if response.status_code != httpx.codes.NO_CONTENT:
        raise _foreign(response)


def _foreign(response: httpx.Response) -> ApiError:
    """Return the error for a response that the API would not give, so the address is probably wrong."""
    return ApiError(
        "This response does not come from the API. Check the address of the API, or update this program.",
        status=response.status_code,
    )


def has_ended(work: Video | Batch) -> bool:
    """Return whether nothing more happens to a video or a batch by itself."""
    if isinstance(work, Video):
        return work.stage == "ended"
    return work.status not in {"queued", "working"}


def still_working(work: Video | Batch) -> str:
    """Return a sentence about a video or a batch that has not ended in time."""
    kind = "video" if isinstance(work, Video) else "batch"
    return f"The {kind} {work.id} has not ended yet: {work.message} The work goes on."


def check_size(path: Path, size: int, form: UploadForm) -> None:
    """Check that the storage will accept a file.

    Raises:
        StorageError: It is too large.
    """
    if size > form.max_bytes:
        most = form.max_bytes // _MB
        raise StorageError(f"{path} is too large. The limit is {most} MB. Make it smaller, or give a URL.")


def file_link(video: Video, version: int | None) -> str:
    """Return the link to the file of a video, or of one of its versions.

    Raises:
        NoFileError: There is none.
    """
    if version is None:
        link = video.links.video
    else:
        link = next((each.video for each in video.versions if each.version == version), None)
    if link is None:
        which = "has no file" if version is None else f"has no file of version {version}"
        raise NoFileError(f"The video {video.id} {which}: {video.message}")
    return link


def results_link(batch: Batch) -> str:
    """Return the link to the results of a batch.

    Raises:
        NoFileError: The batch has not ended.
    """
    if batch.links.results is None:
        raise NoFileError(f"The batch {batch.id} has no results yet: {batch.message}")
    return batch.links.results


def storage_error(response: httpx.Response, what: str) -> Exception:
    """Return the error for a response of the storage; only temporary ones may be repeated."""
    status = response.status_code
    if status in RETRIED:
        return ConnectionFailedError(f"The storage is busy (HTTP {status}). Try again later.")
    if b"EntityTooLarge" in response.content:
        return StorageError(f"{what} failed: the file is too large.")
    if status in {403, 404, 410}:
        return StorageError(f"{what} failed: the link is no longer valid. Try again with a new link.")
    return StorageError(f"{what} failed: the storage rejected it (HTTP {status}).")
