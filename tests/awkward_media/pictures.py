"""Pictures as cameras and programs make them, by Pillow."""

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageCms
from PIL.Image import Transpose

from tests.awkward_media.ffmpeg import card

# x and y of red, green and blue.
P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
ADOBE_RGB = ((0.640, 0.330), (0.210, 0.710), (0.150, 0.060))
PROPHOTO = ((0.7347, 0.2653), (0.1596, 0.8404), (0.0366, 0.0001))
SRGB = ((0.640, 0.330), (0.300, 0.600), (0.150, 0.060))
_D65, _D50 = (0.3127, 0.3290), (0.3457, 0.3585)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
_ORIENTATION = 0x0112
# What makes stored pixels of shown ones.
STORED = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_90,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_270,
}


def _xyz(place: tuple[float, float]) -> np.ndarray:
    x, y = place
    return np.array([x / y, 1, (1 - x - y) / y])


def profile(primaries: tuple[tuple[float, float], ...], gamma: float = 2.2) -> bytes:
    """Return an ICC profile (version 2) of three primaries with white D65, and one gamma."""
    columns = np.array([_xyz(place) for place in primaries]).T
    columns = columns * np.linalg.solve(columns, _xyz(_D65))
    cone = (_BRADFORD @ _xyz(_D50)) / (_BRADFORD @ _xyz(_D65))
    columns = np.linalg.inv(_BRADFORD) @ np.diag(cone) @ _BRADFORD @ columns
    name = b"made for a test\0"
    tags = {
        b"desc": b"desc" + bytes(4) + struct.pack(">I", len(name)) + name + bytes(4 + 4 + 2 + 1 + 67),
        b"cprt": b"text" + bytes(4) + b"none\0",
        b"wtpt": _xyz_tag(_xyz(_D50)),
    }
    for letter, column in zip(b"rgb", columns.T, strict=True):
        tags[bytes([letter]) + b"XYZ"] = _xyz_tag(column)
        tags[bytes([letter]) + b"TRC"] = b"curv" + bytes(4) + struct.pack(">IH", 1, round(gamma * 256))
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for tag, content in tags.items():
        padded = content + bytes(-len(content) % 4)
        table += tag + struct.pack(">II", start + len(body), len(content))
        body += padded
    size = start + len(body)
    header = struct.pack(">I4sI4s4s4s", size, bytes(4), 0x02400000, b"mntr", b"RGB ", b"XYZ ")
    header += bytes(12) + b"acsp" + bytes(28) + struct.pack(">3i", *_fixed(_xyz(_D50)))
    return header.ljust(128, b"\0") + table + body


def _xyz_tag(values: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *_fixed(values))


def _fixed(values: np.ndarray) -> list[int]:
    return [round(float(value) * 65536) for value in values]


def in_profile(content: bytes) -> Image.Image:
    """Return the card with pixels for a profile: shown by it, it is the card."""
    target = ImageCms.ImageCmsProfile(io.BytesIO(content))
    found = ImageCms.profileToProfile(card(), ImageCms.createProfile("sRGB"), target, outputMode="RGB")
    assert found is not None
    return found


def jpeg(path: Path, picture: Image.Image | None = None, **options: Any) -> Path:  # noqa: ANN401 - Pillow's
    """Save a picture, or the card, as a good JPEG."""
    (picture or card()).save(path, "JPEG", quality=95, subsampling=0, **options)
    return path


def turned(path: Path, orientation: int) -> Path:
    """Save a JPEG that is the card once it is turned as its EXIF orientation says."""
    exif = Image.Exif()
    exif[_ORIENTATION] = orientation
    turn = STORED.get(orientation)
    return jpeg(path, card() if turn is None else card().transpose(turn), exif=exif)


def linear_png(path: Path) -> Path:
    """Save the card as linear light, which its gamma says."""
    light = (np.asarray(card()) / 255 + 0.055) / 1.055
    content = io.BytesIO()
    Image.fromarray(np.rint(255 * light**2.4).astype(np.uint8)).save(content, "PNG")
    chunks = {"gAMA": struct.pack(">I", 100_000)}
    head, rest = content.getvalue()[:33], content.getvalue()[33:]
    path.write_bytes(head + b"".join(_chunk(name.encode(), body) for name, body in chunks.items()) + rest)
    return path


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def grey_ramp(path: Path) -> Path:
    """Save a grey ramp of sixteen bits."""
    ramp = np.tile(np.linspace(0, 65535, 320).astype(np.uint16), (180, 1))
    Image.fromarray(ramp).save(path)
    return path


def animation(path: Path, delays: list[int], **options: Any) -> Path:  # noqa: ANN401 - Pillow's
    """Save frames that differ, each with its delay in milliseconds."""
    frames = [Image.new("RGB", (160, 90), ((50 * i) % 250, 120, 200 - 9 * i)) for i in range(len(delays))]
    first, *rest = frames
    first.save(path, save_all=True, append_images=rest, duration=delays, loop=0, **options)
    return path
