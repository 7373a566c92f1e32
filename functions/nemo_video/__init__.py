"""Client of the pipeline's HTTP API. See docs/sdk.md."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
        EndedEvent,
        Estimate,
        ProgressEvent,
        Spending,
        StartedEvent,
        UploadForm,
        Version,
        Video,
        VideoSummary,
    )
    from nemo_video.webhooks import Event, OtherEvent, verify_webhook

_PARTS = ("errors", "models", "fields", "async_client", "client", "webhooks")

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
    "EndedEvent",
    "Estimate",
    "Event",
    "InvalidRequestError",
    "NemoVideo",
    "NemoVideoError",
    "NoFileError",
    "NotFoundError",
    "OtherEvent",
    "ProgressEvent",
    "SettingsError",
    "Spending",
    "StartedEvent",
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

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import the SDK when it is used. Until then, the program can end without a stack trace."""
        if name not in __all__:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        modules = map(import_module, (f"nemo_video.{part}" for part in _PARTS))
        return next(getattr(module, name) for module in modules if hasattr(module, name))
