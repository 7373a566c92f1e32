"""Small files and drafts to send."""

import io
from typing import Any

from PIL import Image


def png(width: int = 640, height: int = 360, colour: str = "#c81e1e") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(content, "PNG")
    return content.getvalue()


SMALL_DRAFT: dict[str, Any] = {
    "t": [
        {"tt": 0, "sg": [{"s": 0, "d": 1000, "m": {"name": "Card"}}]},
        {"tt": 7, "sg": [{"s": 0, "d": 1000, "m": {"text": "Urban Dreams"}}]},
    ],
    "d": 1000,
    "m": {"width": 320, "height": 180, "fps": 30},
}
LONG_DRAFT = SMALL_DRAFT | {"t": [{"tt": 0, "sg": [{"s": 0, "d": 60_000}]}], "d": 60_000, "m": {}}
