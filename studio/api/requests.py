"""What the calls of the protocol are given."""

import re
from typing import Annotated, Any

from pydantic import BaseModel, Field

LONGEST_MESSAGE = 20_000
"""Characters of all its parts."""

Text = Annotated[str, Field(max_length=256)]


_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")


class NewSession(BaseModel):
    task_name: Text = "project"
    language: Text = "en"


class ClaimRequest(BaseModel):
    task_id: Text
    session_id: Text


class UrlUpload(BaseModel):
    urls: Annotated[list[Annotated[str, Field(max_length=4096)]], Field(min_length=1, max_length=10)]
    source_type: Text = "url"


class Part(BaseModel):
    text: str = ""


class Message(BaseModel):
    parts: Annotated[list[Part], Field(max_length=100)]

    @property
    def text(self) -> str:
        """What it says, without characters that cannot be seen."""
        said = "\n".join(part.text for part in self.parts)
        return _CONTROL.sub(" ", said.replace("\r\n", "\n")).strip()


class Run(BaseModel):
    app_name: Text
    user_id: Text
    session_id: Text
    new_message: Message


class RenderOutput(BaseModel):
    format: Text = "mp4"
    quality: Text = "high"


class RenderRequest(BaseModel):
    id: Annotated[str, Field(pattern=r"^[\w.-]{1,128}$")]
    session_id: Annotated[str, Field(alias="sessionId", max_length=256)]
    draft: dict[str, Any]
    output: RenderOutput = RenderOutput()
