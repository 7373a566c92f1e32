"""What may be asked for: the same fields in a request, in a file beside a dropped one, in a batch's row."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self, TypeVar, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
    model_validator,
)

from videos.model.redaction import without_secrets
from videos.model.video import AspectRatio
from videos.requests.field_errors import explained, nearest

METADATA_BYTES = 1024
MAX_SOURCES = 10
NAME_LENGTH = 80

Address = Annotated[str, Field(min_length=1, max_length=2000, json_schema_extra={"format": "uri"})]
"""Text as it was sent: what it means is for the guard to say."""

Instruction = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"\S")]


class Request(BaseModel):
    """A body: unknown fields are errors, for they are mistyped ones."""

    model_config = ConfigDict(extra="forbid")


LONGEST_TITLE = 1000
"""Characters of the title of a page."""


class PageInfo(Request):
    """What a web page says about itself. The agent gets it as quoted material, not as an instruction."""

    title: Annotated[str | None, Field(max_length=LONGEST_TITLE, description="The title of the page.")] = None
    description: Annotated[
        str | None, Field(max_length=5000, description="The description of the page, from its metadata.")
    ] = None
    url: Annotated[str | None, Field(max_length=2000, description="The URL of the page.")] = None
    text: Annotated[str | None, Field(max_length=5000, description="A passage that the user selected.")] = (
        None
    )


Color = Annotated[str, Field(pattern=r"^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]
_SHORT_COLOR = len("#fff")


class BrandRequest(Request):
    """The brand that a video shows. All fields are optional."""

    logo: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="A picture: the id of an upload, a key of the inbox bucket, or a URL. "
            "In a file of the inbox: a file of its folder, or below it, or a URL.",
        ),
    ] = None
    colors: Annotated[
        list[Color], Field(max_length=5, description="Color codes, such as `#0a7d5a`. The main color first.")
    ] = []
    font: Annotated[
        str | None,
        Field(min_length=1, max_length=40, pattern=r"^\w[\w -]*$", description="The name of a font."),
    ] = None
    call_to_action: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=60,
            pattern=r'^[^"\x00-\x1f]+$',
            description="One line that is shown word for word.",
        ),
    ] = None

    @field_validator("colors")
    @classmethod
    def _in_one_form(cls, colors: list[str]) -> list[str]:
        return list(dict.fromkeys(_six_digits(color.lower()) for color in colors))


def _six_digits(color: str) -> str:
    return f"#{''.join(2 * digit for digit in color[1:])}" if len(color) == _SHORT_COLOR else color


class RequestOptions(Request):
    """How a video is to be made, whatever it is made of."""

    instruction: Annotated[
        Instruction | None,
        Field(description="What the video should show. Default: the instruction of the stack."),
    ] = None
    aspect_ratio: Annotated[AspectRatio | None, Field(description="The shape of the video.")] = None
    duration_seconds: Annotated[
        int | None, Field(ge=3, le=60, description="The length of the video in whole seconds.")
    ] = None
    language: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
            description="The language of the video, as a tag such as `en` or `zh-CN`.",
        ),
    ] = None
    title: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100,
            pattern=r'^[^"\x00-\x1f]+$',
            description="The title that is shown in the video.",
        ),
    ] = None
    callback_url: Annotated[
        Address | None, Field(description="Where webhooks are sent, such as when a version ends.")
    ] = None
    callback_on_start: Annotated[
        bool, Field(description="Whether to send a webhook when a version starts, too. Default: false.")
    ] = False
    callback_on_progress: Annotated[
        bool, Field(description="Whether to send webhooks with the progress of a version. Default: false.")
    ] = False
    page: Annotated[
        PageInfo | None,
        Field(description="What a web page says. The agent gets it quoted, not as an instruction."),
    ] = None
    brand: Annotated[
        BrandRequest | None, Field(description="Logo, colors, font and call to action of the video.")
    ] = None
    metadata: Annotated[
        dict[str, JsonValue] | None,
        Field(description="At most 1 KB. Returned with the video, and sent with its events and webhooks."),
    ] = None

    @field_validator("metadata")
    @classmethod
    def _small(cls, value: dict[str, JsonValue] | None) -> dict[str, JsonValue] | None:
        if value is not None and len(json.dumps(value, ensure_ascii=False).encode()) > METADATA_BYTES:
            raise ValueError(f"it is too large. The limit is {METADATA_BYTES:,} bytes as JSON")
        return value


class VideoRequest(RequestOptions):
    """What to make a video of, and how. Sources may be combined, or left out altogether."""

    url: Annotated[Address | None, Field(description="A product or web page, or a media file.")] = None
    upload_ids: Annotated[
        list[str], Field(max_length=MAX_SOURCES, description="Files that you uploaded.")
    ] = []
    s3_key: Annotated[
        str | None, Field(min_length=1, max_length=1024, description="An object in the inbox bucket.")
    ] = None
    s3_keys: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1024)]],
        Field(max_length=MAX_SOURCES, description="Objects in the inbox bucket."),
    ] = []

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not (self.instruction or self.url or self.upload_ids or self.s3_key or self.s3_keys):
            raise ValueError("give an instruction, a URL or a file")
        return self


class ManifestFile(Request):
    """One of the files of a `job.json`; text alone is short for its name."""

    file: Annotated[str, Field(min_length=1, max_length=2000)]
    instruction: Instruction | None = None

    @model_validator(mode="before")
    @classmethod
    def _named(cls, given: object) -> object:
        return {"file": given} if isinstance(given, str) else given


class ManifestRequest(RequestOptions):
    """A `job.json`: one video of several files, or with `sequence` one version after the other of each."""

    mode: Literal["together", "sequence"] = "together"
    files: Annotated[list[ManifestFile], Field(min_length=1, max_length=MAX_SOURCES)]

    @model_validator(mode="after")
    def _one_voice(self) -> Self:
        if self.mode == "together" and any(file.instruction for file in self.files):
            raise ValueError('only with "mode": "sequence" each file has an instruction of its own')
        return self


LISTS = frozenset({"s3_keys", "upload_ids"})
"""Columns of several values; in a cell they are separated by “|”."""

OBJECTS = frozenset({"brand", "metadata", "page"})
"""Columns that hold a JSON object."""


class RowRequest(VideoRequest):
    """What a row may ask for."""

    file: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="Beside the batch file, or a key of the inbox bucket, or an address.",
        ),
    ] = None
    edit_of: Annotated[
        str | None,
        Field(min_length=1, max_length=1024, description="A video's id, or the key it was made from."),
    ] = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        sources = self.file or self.url or self.upload_ids or self.s3_key or self.s3_keys
        if self.edit_of and (sources or not self.instruction):
            raise ValueError("with edit_of, give an instruction and no file or address")
        if self.edit_of and self.brand:
            raise ValueError("with edit_of, leave out brand: an edit keeps the brand of its video")
        if not (self.instruction or sources):
            raise ValueError("give an instruction, a URL or a file")
        return self


class FieldError(ValueError):
    """One field of a request is invalid. The text says why and what to do."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = shortened(field)


UNKNOWN = "extra_forbidden"  # pydantic's name for it

AnyRequest = TypeVar("AnyRequest", bound=Request)


def read_request(kind: type[AnyRequest], given: dict[str, Any]) -> AnyRequest:
    """Read a request that did not come over HTTP.

    Raises:
        FieldError: A field that cannot be: first of all an unknown one, with the nearest that is known.
    """
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        raise mistake_in(error.errors(include_url=False), kind) from error


def mistake_in(
    errors: Sequence[Mapping[str, Any]], kind: type[Request], *, whole: str = "request"
) -> FieldError:
    """Return the one error of the validator to report, in words: an unknown field before others.

    `whole` names the request where no field of it is at fault.
    """
    first = next((item for item in errors if item["type"] == UNKNOWN), errors[0])
    field = ".".join(str(part) for part in first["loc"]) or whole
    return FieldError(field, unknown_field(field, kind) if first["type"] == UNKNOWN else explained(first))


_OTHER_NAMES = {"cta": "call_to_action", "typeface": "font"}
"""What people call fields, where spelling does not lead to them."""


def unknown_field(field: str, kind: type[Request]) -> str:
    """Return that a kind of request has no such field, and which one may be meant."""
    *path, name = field.split(".")
    fields = list(_inner(kind, path).model_fields)
    meant = _OTHER_NAMES.get(name, name)
    if "brand" in kind.model_fields and (not path or (path == ["brand"] and name in fields)):
        of_brand = nearest(meant, list(BrandRequest.model_fields), cutoff=0.8)
        if of_brand is not None:
            within = f'{{"brand": {{"{of_brand}": …}}}}'
            return f"There is no field “{shortened(field)}”. Write it as {within}."
    near = nearest(meant, fields)
    known = f"Did you mean “{near}”?" if near else f"Known fields: {', '.join(fields)}."
    return f"There is no field “{shortened(field)}”. {known}"


def _inner(kind: type[Request], path: Sequence[str]) -> type[Request]:
    """Return the kind of request at a path within another, such as that of `page`."""
    for name in path:
        if name in kind.model_fields:
            kind = next(_requests_in(kind.model_fields[name].annotation), kind)
    return kind


def _requests_in(annotation: object) -> Iterator[type[Request]]:
    if isinstance(annotation, type) and issubclass(annotation, Request):
        yield annotation
    for part in get_args(annotation):
        yield from _requests_in(part)


def shortened(name: str) -> str:
    """Return the beginning of a name that a stranger chose, for a message. It may be an address."""
    name = without_secrets(name)
    return name if len(name) <= NAME_LENGTH else f"{name[: NAME_LENGTH - 1]}…"
