"""Objects of the inbox that nobody meant as input: what systems, programs and unfinished uploads leave."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

from backend.formats import ENDINGS

# Folders that file systems, network drives and version control make. A hidden folder needs no entry.
_SYSTEM_FOLDERS = frozenset(
    {
        "$extend", "$recycle.bin", "#recycle", "#snapshot", "@eadir", "@recently-snapshot", "@recycle",
        "@__thumb", "@tmp", "__macosx", "__pycache__", "_gsdata_", "cvs", "found.000", "lost+found",
        "network trash folder", "node_modules", "recycled", "recycler", "system volume information",
        "temporary items", "thefindbycontentfolder", "thevolumesettingsfolder", "~snapshot",
    }
)  # fmt: skip

# Files that folders get by themselves.
_SYSTEM_FILES = frozenset(
    {
        "desktop.ini",
        "ehthumbs.db",
        "ehthumbs_vista.db",
        "icon\r",
        "thumbs.db",
        "thumbs.db:encryptable",
    }
)

# Uploads and downloads that are not complete yet: the complete file gets its own name.
_PARTIAL = (
    "!bt", "!qb", "!sync", "!ut", "aria2", "bc!", "bts", "crdownload", "crswap", "download", "downloading",
    "dtapart", "fdmdownload", "filepart", "incomplete", "inprogress", "jc!", "opdownload", "part", "partial",
    "rsync-tmp", "td", "upload", "uploading", "ut!", "xdownload", "xltd",
)  # fmt: skip
# What editors and programs keep while a file is open, and the copies they leave.
_TEMPORARY = (
    "asd", "bak", "kate-swp", "lck", "lock", "old", "orig", "swn", "swo", "swp", "swx", "temp", "tmp", "wbk",
)  # fmt: skip

_NAME = re.compile(
    rf"""\..*                                               # hidden, or the marker of a folder
    | ~.* | .*~ | \#.*\#                                    # Office, Emacs and other backups
    | .*\.(?:{"|".join(map(re.escape, (*_PARTIAL, *_TEMPORARY)))})
    | .*\.sb-[0-9a-f]{{8}}-[a-z0-9]{{6}}                    # a file that macOS is saving
    | .*\.(?:part|tmp)\d{{0,4}}
    | .*\.(?:{"|".join(sorted(ENDINGS))})\.[0-9a-f]{{8}}    # a file that the AWS CLI is downloading
    | .*\.sync-conflict-\d{{8}}-\d{{6}}-[a-z0-9]{{7}}(?:\..*)?  # an older version that Syncthing keeps
    | .*@syno(?:eastream|resource)                          # what Synology keeps beside a file
    | .*___jb_(?:tmp|old)___                                # a file that a JetBrains editor is saving
    | results(?:-bat-[a-z2-7]+)?\.csv                       # what the pipeline writes beside a batch
    """,
    re.VERBOSE | re.DOTALL,
)  # fmt: skip


def is_ignored(path: str, patterns: Iterable[str] = ()) -> bool:
    """Return whether an object of the inbox is not meant as input.

    Args:
        path: The object's key below `inbox/`.
        patterns: More that the owner of the stack ignores, as shell patterns. One without a slash matches
            names and folders, one with a slash the path below `inbox/`. Letter case does not matter.
    """
    path = path.casefold()
    *folders, name = path.split("/")
    if not name or name in _SYSTEM_FILES or _NAME.fullmatch(name):
        return True
    if any(_is_system_folder(folder) for folder in folders):
        return True
    return any(_matches(path, folders, name, pattern.strip().casefold()) for pattern in patterns)


def _is_system_folder(folder: str) -> bool:
    """Return whether a system made the folder; Safari keeps an incomplete download in one of its own."""
    return folder.startswith(".") or folder in _SYSTEM_FOLDERS or folder.endswith(".download")


def _matches(path: str, folders: list[str], name: str, pattern: str) -> bool:
    if "/" in pattern:
        return fnmatchcase(path, pattern.removeprefix("/"))
    return any(fnmatchcase(part, pattern) for part in (name, *folders))
