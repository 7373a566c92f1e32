"""Client of the pipeline's HTTP API. See docs/sdk.md."""

from nemo_video.async_client import AsyncNemoVideo
from nemo_video.client import NemoVideo
from nemo_video.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NemoVideoError,
    NoFileError,
    NotFoundError,
    SettingsError,
    StorageError,
    TemporaryError,
    WaitTimeoutError,
    WebhookError,
)
from nemo_video.fields import VideoFields
from nemo_video.models import (
    Answer,
    Batch,
    Credits,
    Delivery,
    Estimate,
    Spending,
    UploadForm,
    Version,
    Video,
    VideoSummary,
)
from nemo_video.webhooks import verify_webhook

__all__ = [
    "Answer",
    "ApiError",
    "AsyncNemoVideo",
    "AuthenticationError",
    "Batch",
    "ConflictError",
    "ConnectionFailedError",
    "Credits",
    "Delivery",
    "Estimate",
    "InvalidRequestError",
    "NemoVideo",
    "NemoVideoError",
    "NoFileError",
    "NotFoundError",
    "SettingsError",
    "Spending",
    "StorageError",
    "TemporaryError",
    "UploadForm",
    "Version",
    "Video",
    "VideoFields",
    "VideoSummary",
    "WaitTimeoutError",
    "WebhookError",
    "verify_webhook",
]
