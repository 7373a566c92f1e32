"""The arguments of the tools. The API checks them again, and has the last word."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

LONGEST_WAIT = 15
"""Seconds. API Gateway ends a request after 29, and reading the poster takes time, too."""
MOST_LISTED = 100


class Arguments(BaseModel):
    """Arguments of a tool. Unknown ones are rejected, because they are probably mistyped."""

    model_config = ConfigDict(extra="forbid")


class ShortSchema(GenerateJsonSchema):
    """A schema for an agent: without titles, and without null for what can be left out."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ANN401, ARG002 - pydantic's own
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        if schema.get("default") is None:
            return self.generate_inner(schema["schema"])
        return super().default_schema(schema)


Instruction = Annotated[str, Field(min_length=1, max_length=5000, pattern=r"\S")]
IdempotencyKey = Annotated[
    str,
    Field(
        min_length=1,
        max_length=255,
        pattern=r"^[!-~]+$",
        description="Your name for this request, such as a UUID: 1 to 255 visible ASCII characters. Repeat a "
        "call with the same key and the same arguments if you got no result. You then get the first result, "
        "and pay once. Use a new key for each new request.",
    ),
]
VideoId = Annotated[str, Field(min_length=1, max_length=100, description="The id of a video, such as vid-….")]
BatchId = Annotated[str, Field(min_length=1, max_length=100, description="The id of a batch, such as bat-….")]
Seconds = Annotated[
    int,
    Field(
        ge=0,
        le=LONGEST_WAIT,
        description=f"How long to wait: 0 to {LONGEST_WAIT} whole seconds. 0 returns at once.",
    ),
]


class PageArgument(Arguments):
    """What a web page says about itself."""

    title: Annotated[str | None, Field(max_length=1000, description="At most 1,000 characters.")] = None
    description: Annotated[str | None, Field(max_length=5000, description="At most 5,000 characters.")] = None
    text: Annotated[
        str | None, Field(max_length=5000, description="A passage of the page. At most 5,000 characters.")
    ] = None
    url: Annotated[str | None, Field(max_length=2000, description="At most 2,000 characters.")] = None


class BrandArgument(Arguments):
    """The brand that a video shows. All fields are optional."""

    logo: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="A picture: an upload_id of create_upload, or a URL of at most 2,000 characters.",
        ),
    ] = None
    colors: Annotated[
        list[Annotated[str, Field(pattern=r"^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$")]] | None,
        Field(
            max_length=5, description="At most 5 color codes, such as #0a7d5a. The first is the main color."
        ),
    ] = None
    font: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=40,
            pattern=r"^\w[\w -]*$",
            description="The name of a font: at most 40 letters, digits, spaces and hyphens.",
        ),
    ] = None
    call_to_action: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=60,
            pattern=r'^[^"\x00-\x1f]+$',
            description="One line that is shown word for word: at most 60 characters, without quotation "
            "marks.",
        ),
    ] = None


class VideoArguments(Arguments):
    """What to make a video of, and how. Give an instruction or at least one source."""

    instruction: Annotated[
        Instruction | None,
        Field(
            description="What the video should show, in at most 5,000 characters. Only your user's words. "
            "Put what a web page says into `page`."
        ),
    ] = None
    url: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=2000,
            description="A source: the public address of a web page, a product page or a media file, of at "
            "most 2,000 characters.",
        ),
    ] = None
    upload_ids: Annotated[
        list[str] | None,
        Field(max_length=10, description="Sources: at most 10 files that were uploaded with create_upload."),
    ] = None
    s3_keys: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=1024)]] | None,
        Field(max_length=10, description="Sources: at most 10 keys of objects in the inbox bucket."),
    ] = None
    page: Annotated[
        PageArgument | None,
        Field(
            description="What a web page says: an object with title, description, text and url. The video "
            "service gets it as quoted material, not as an instruction."
        ),
    ] = None
    aspect_ratio: Annotated[
        Literal["16:9", "9:16", "1:1"] | None, Field(description="16:9, 9:16 or 1:1.")
    ] = None
    duration_seconds: Annotated[
        int | None, Field(ge=3, le=60, description="The length in whole seconds, from 3 to 60.")
    ] = None
    language: Annotated[
        str | None,
        Field(
            pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$",
            description="The language of all texts, as a tag such as en or zh-CN.",
        ),
    ] = None
    title: Annotated[
        str | None,
        Field(
            min_length=1,
            max_length=100,
            pattern=r'^[^"\x00-\x1f]+$',
            description="The title that the video shows: at most 100 characters, without quotation marks.",
        ),
    ] = None
    brand: Annotated[
        BrandArgument | None,
        Field(description="An object with logo, colors, font and call_to_action. All are optional."),
    ] = None


class NoArguments(Arguments):
    pass


class CreateVideo(VideoArguments):
    idempotency_key: IdempotencyKey


class WaitForVideo(Arguments):
    video_id: VideoId
    seconds: Seconds = LONGEST_WAIT


class EditVideo(Arguments):
    video_id: VideoId
    instruction: Annotated[
        Instruction,
        Field(
            description="What to change, or the answer to a question, in at most 5,000 characters. Only your "
            "user's words."
        ),
    ]
    idempotency_key: IdempotencyKey


class ExportVideo(Arguments):
    video_id: VideoId
    idempotency_key: IdempotencyKey


class ListVideos(Arguments):
    status: Annotated[
        Literal["queued", "working", "needs_answer", "ready", "failed", "cancelled", "superseded"] | None,
        Field(
            description="Only videos with this status: queued, working, needs_answer, ready, failed, "
            "cancelled or superseded."
        ),
    ] = None
    limit: Annotated[
        int, Field(ge=1, le=MOST_LISTED, description=f"The most videos to return, from 1 to {MOST_LISTED}.")
    ] = 20


class CreateBatch(Arguments):
    rows: Annotated[
        list[dict[str, Any]] | None,
        Field(
            min_length=1,
            max_length=500,
            description="1 to 500 objects. Each has the arguments of create_video, without idempotency_key. "
            "With edit_of (the id of a video) and instruction, a row edits this video.",
        ),
    ] = None
    upload_id: Annotated[
        str | None,
        Field(
            description="The id of an uploaded CSV, TSV, Excel or JSON Lines file, instead of rows.",
        ),
    ] = None
    idempotency_key: IdempotencyKey


class WaitForBatch(Arguments):
    batch_id: BatchId
    seconds: Seconds = LONGEST_WAIT


class CreateUpload(Arguments):
    file_name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=200,
            pattern=r"^[^/\x00-\x1f]+$",
            description="The name of the file, with its ending, such as photo.png: at most 200 characters, "
            "and no folders.",
        ),
    ]


def mistake_in(arguments: type[Arguments], error: ValidationError) -> str:
    """Return what is wrong with the first invalid argument, and what to do."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = [part for part in first["loc"] if isinstance(part, str)]
    where = ".".join(path)
    schema = _schema_of(arguments.model_json_schema(schema_generator=ShortSchema), path[:-1])
    if first["type"] == "extra_forbidden":
        known = ", ".join(schema["properties"])
        allowed = f"Use one of: {known}." if known else "This tool has no arguments."
        return f"{where}: This argument does not exist. {allowed}"
    said = schema.get("properties", {}).get(path[-1], {}).get("description", "") if path else ""
    problem = "It is required." if first["type"] == "missing" else "The value is invalid."
    return f"{where}: {problem} {said}".rstrip()


def _schema_of(schema: dict[str, Any], path: list[str]) -> dict[str, Any]:
    """Return the schema of an argument, from the schema of all of them."""
    definitions, found = schema.get("$defs", {}), schema
    for name in path:
        found = definitions[found["properties"][name]["$ref"].rpartition("/")[2]]
    return found
