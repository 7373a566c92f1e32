"""Why a video failed, as a stable code: the one list, for the API, events, logs and documents."""

from enum import StrEnum
from typing import Self

from backend.formats import MAX_UPLOAD


class FailureCode(StrEnum):
    """A code and what it means. Codes may be added; a code never changes its meaning."""

    meaning: str

    def __new__(cls, code: str, meaning: str = "") -> Self:
        """Make a member of a code and its meaning."""
        member = str.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    @classmethod
    def _missing_(cls, value: object) -> "FailureCode | None":
        """Read a code of another release as the general one."""
        return cls.FAILED if isinstance(value, str) else None

    EMPTY_FILE = "empty_file", "The file has no content."
    FILE_TOO_LARGE = (
        "file_too_large",
        f"The file is larger than {MAX_UPLOAD}, or a picture is too large to convert.",
    )
    UNSUPPORTED_FILE = "unsupported_file", "The type is not accepted, or is not what the name says."
    FILE_GONE = "file_gone", "The file is no longer in the inbox bucket."
    SUPERSEDED = "superseded", "The file was replaced or deleted before work on it began."
    UNREADABLE_FILE = (
        "unreadable_file",
        "The file is archived, or encrypted with a key that the stack cannot use.",
    )
    MISSING_FILE = "missing_file", "A manifest names a file that is not in its folder."
    INVALID_REQUEST = "invalid_request", "A sidecar, a manifest or a defaults file is invalid."
    INVALID_LINK = "invalid_link", "A link file contains no URL."
    UNUSABLE_URL = "unusable_url", "The URL is not allowed, or the page does not exist."
    COMMAND = "command", "The instruction is only a command, such as “export”."
    EMPTY_NOTE = "empty_note", "An edit note is empty."
    NOTE_TOO_LONG = "note_too_long", "An edit note is longer than 5,000 characters."
    UNREADABLE_NOTE = "unreadable_note", "An edit note is not plain text."
    NOTHING_TO_CHANGE = "nothing_to_change", "There is no video that the edit note could change."
    NOT_POSSIBLE = "not_possible", "The video cannot be changed in its present state."
    REFUSED = "refused", "The input cannot be used. The message says why."
    OVER_BUDGET = "over_budget", "A spending limit of the stack is used up, or is too low for this video."
    OUT_OF_CREDITS = "out_of_credits", "The account at the video service has no credits left."
    SESSION_LOST = "session_lost", "The video service deleted the session."
    AGENT_ERROR = "agent_error", "The agent reported an error."
    NO_RESULT = "no_result", "The video service accepted the request but produced no video."
    GENERATION_FAILED = "generation_failed", "The instruction led to nothing that can be exported."
    NOTHING_TO_EXPORT = "nothing_to_export", "The timeline is empty."
    UNSUPPORTED_DRAFT = "unsupported_draft", "The timeline has a format that cannot be rendered here."
    EXPORT_BLOCKED = "export_blocked", "The plan at the video service does not include exports."
    RENDER_FAILED = "render_failed", "The video service could not render the timeline."
    DELIVERY_FAILED = "delivery_failed", "The rendered file could not be stored, or does not play."
    RATE_LIMITED = "rate_limited", "The video service had too many requests."
    TOKEN_REJECTED = "token_rejected", "The video service did not accept the stack's token."
    BACKEND_UNAVAILABLE = "backend_unavailable", "The video service could not be reached, or did not work."
    BACKEND_ERROR = "backend_error", "The video service refused, for a reason without a code."
    INTERRUPTED = "interrupted", "The work on the video was interrupted and could not be continued."
    INTERNAL = "internal", "Something went wrong inside the pipeline."
    FAILED = "failed", "A reason without a code of its own."
