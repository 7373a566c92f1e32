"""`python -m tests.awkward_media.document`: measure every kind of file, and write the table of the docs."""

from pathlib import Path
from tempfile import TemporaryDirectory

from studio.errors import UnsupportedFileError
from studio.media.items import Kind
from tests.awkward_media.kinds import KINDS, Build, Expected
from tests.awkward_media.measuring import measure

_PATH = Path(__file__).resolve().parents[2] / "docs" / "media.md"
_HEADER = (
    "| Kind | Result | Color error (ΔE) | Sync error (ms) | Length error (ms) |\n|---|---|---|---|---|\n"
)


def main() -> None:
    """Replace the table, which is the end of the page."""
    with TemporaryDirectory() as name:
        rows = []
        for number, (kind, (build, expected)) in enumerate(KINDS.items()):
            folder = Path(name) / str(number)
            folder.mkdir()
            rows.append(f"| {kind} | {' | '.join(_cells(folder, build, expected))} |\n")
    page, _, _ = _PATH.read_text(encoding="utf-8").partition(_HEADER)
    _PATH.write_text(page + _HEADER + "".join(rows), encoding="utf-8")


def _cells(folder: Path, build: Build, expected: Expected) -> list[str]:
    path = build(folder)
    try:
        found = measure(path, 3.5)
    except UnsupportedFileError as error:
        reason = error.message.partition("cannot be used: ")[2]
        return [f"refused: {reason}", "", "", ""]
    result = {Kind.IMAGE: "picture", Kind.CLIP: "clip", Kind.AUDIO: "sound"}[found.probe.kind]
    coloured = expected.coloured and found.colour_error is not None
    sync = found.sync_error(expected.late)
    return [
        result,
        f"{found.colour_error:.1f}" if coloured else "",
        "" if sync is None else f"{1000 * sync:.0f}",
        "" if expected.length is None else f"{found.probe.duration - 1000 * expected.length:.0f}",
    ]


if __name__ == "__main__":
    main()
