"""Names that are close to one that the pipeline knows."""

import difflib
import re

from backend.formats import ENDINGS
from videos.batches.batch import BATCH_ENDINGS, BATCH_FILES
from videos.requests.link_files import LINK_ENDINGS

OTHER_SPREADSHEETS = (".numbers", ".ods", ".xls", ".xlsb", ".xlsm")
"""Endings of spreadsheets that are not read: they have to be saved in another format."""

NOT_MEDIA = (".json", *BATCH_ENDINGS, *OTHER_SPREADSHEETS)
"""Endings of tables and of JSON: such a file is one of the pipeline's own, or a mistake."""

OWN_NAMES = ("job.json", *BATCH_FILES, "_defaults.json")

UNKNOWN_NAME = (
    "Name a batch “batch.csv”, “batch.xlsx” or “batch.jsonl”, a manifest “job.json”, "
    "defaults “_defaults.json”. "
    "Name a sidecar after its file, such as “photo.png.json”, and drop it in the same folder."
)

_CUTOFF = 0.7
_OF_A_FILE = re.compile(
    rf"(.+\.(?:{'|'.join(sorted(ENDINGS | LINK_ENDINGS))}))\.([^.]+)\.(\w+)", re.IGNORECASE
)
# Windows hides the ending of `photo.png.txt`, so that people add another one.
_HIDDEN_ENDING = re.compile(
    rf"(.+\.(?:{'|'.join(sorted(ENDINGS | LINK_ENDINGS))})\.(?:txt|json|edit\.txt)|.+\.txt)\.txt",
    re.IGNORECASE,
)
# What systems add to the name of a copy, and a space before the ending.
_COPIED = re.compile(
    r"^(?:copy of|kopie von|copie de|copia de) "
    r"|(?: - (?:copy|kopie|copie|copia))?(?: ?\(\d+\))?\s*(?=\.\w+$)",
    re.IGNORECASE,
)
_OF_A_FILE_ENDING = rf"(.+\.(?:{'|'.join(sorted(ENDINGS | LINK_ENDINGS))}))"
_MISJOINED = re.compile(rf"{_OF_A_FILE_ENDING}[ _-]+edit\.txt", re.IGNORECASE)
_BESIDE_A_FILE = re.compile(rf"{_OF_A_FILE_ENDING}\.(?:txt|json|edit\.txt)", re.IGNORECASE)


def did_you_mean(name: str) -> str | None:
    """Return the name that was probably meant, or None.

    `bacth.csv` is close to `batch.csv`, `photo.png.edits.txt` to `photo.png.edit.txt`, and
    `photo.png.txt.txt` to `photo.png.txt`.
    """
    if match := _HIDDEN_ENDING.fullmatch(name):
        return match[1]
    if match := _OF_A_FILE.fullmatch(name):
        file, word, ending = match.groups()
        close = difflib.get_close_matches(f"{word}.{ending}".lower(), ["edit.txt"], n=1, cutoff=_CUTOFF)
        return f"{file}.{close[0]}" if close else None
    if (original := _COPIED.sub("", name).strip()) != name:
        return original if _is_known(original) else did_you_mean(original)
    if match := _MISJOINED.fullmatch(name):
        return f"{match[1]}.edit.txt"
    close = difflib.get_close_matches(name.lower(), OWN_NAMES, n=1, cutoff=_CUTOFF)
    return close[0] if close else None


def _is_known(name: str) -> bool:
    return name.lower() in OWN_NAMES or _BESIDE_A_FILE.fullmatch(name) is not None
