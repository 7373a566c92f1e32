"""Pack the extension as the web store takes it. `python -m extension.pack` writes it to `out/`."""

import json
import zipfile
from pathlib import Path

SOURCE = Path(__file__).parent / "src"
OUT = Path(__file__).parents[1] / "out"
LONG_AGO = (1980, 1, 1, 0, 0, 0)  # the same files make the same archive


def pack(folder: Path) -> Path:
    """Write the archive into a folder; returns where it is."""
    version = json.loads((SOURCE / "manifest.json").read_text(encoding="utf-8"))["version"]
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"nemo-video-extension-{version}.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(path for path in SOURCE.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(SOURCE).as_posix(), LONG_AGO)
            entry.external_attr = 0o644 << 16
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED)
    return archive


if __name__ == "__main__":
    print(pack(OUT))  # noqa: T201 - that is what it is called for
