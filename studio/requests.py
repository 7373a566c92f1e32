"""What the calls of the protocol are given."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

Text = Annotated[str, Field(max_length=256)]


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
    text: Annotated[str, Field(max_length=20_000)] = ""


class Message(BaseModel):
    parts: Annotated[list[Part], Field(max_length=100)]


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
