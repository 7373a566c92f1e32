"""Files of the inbox found by their names as people see them.

S3 compares keys byte by byte. People do not: macOS writes `é` as two characters, programs save `Batch.CSV`,
and Windows takes `Job.json` and `job.json` for one file. Names match here after Unicode normalization (NFC).
The pipeline's own names, and endings, also match in any letter case. So does a name that somebody wrote where
only one file matches it.
"""

import unicodedata
from collections.abc import Iterable, Iterator
from typing import Protocol

from backend.formats import ENDINGS
from videos.model.media import LONGEST_KEY, InboxFile
from videos.requests.link_files import LINK_ENDINGS

EDIT_ENDING = ".edit.txt"
"""Of a note beside a file, that says what to change in its video."""

_DISTINCT = 3
"""This many first letters distinguish the pipeline's own names in a folder that is too long to be listed."""
MOST_NAMES = 1000


class FolderListing(Protocol):
    """Names of the objects in one folder."""

    def names(self, folder: str, beginning: str = "") -> tuple[str, ...]:
        """Return the names in a folder that begin so, without folders below: the first thousand, by key."""


def nfc(text: str) -> str:
    """Return the text in Unicode normalization form C."""
    return unicodedata.normalize("NFC", text)


def folded(text: str) -> str:
    """Return the text as it is compared where letter case does not count either."""
    return nfc(text).casefold()


def named(file: InboxFile, *wanted: str, folder: str, listing: FolderListing) -> Iterator[InboxFile]:
    """Yield the pipeline's own files of a folder, such as `job.json`, in the order of their wanted names.

    `file` says which bucket. A name matches in any letter case; the exact one comes first.
    """
    found = list(_listed(folder, {name[:_DISTINCT] for name in wanted}, listing))
    for name in wanted:
        matches = [other for other in found if folded(other) == name]
        for match in sorted(matches, key=lambda other: other != name):
            yield InboxFile(bucket=file.bucket, key=f"{folder}{match}")


def beside(file: InboxFile, endings: Iterable[str], listing: FolderListing) -> Iterator[InboxFile]:
    """Yield the files that belong to another by name, in the order of the endings.

    For `photo.png` and `.txt` these are `photo.png.txt`, then `photo.txt`. The stem matches after
    normalization, endings in any letter case. The stem may have another letter case, too, where only this
    file matches it.
    """
    folder = file.key.removesuffix(file.name)
    stem = _stem(file.name)
    names = list(dict.fromkeys(_listed(folder, {_unaltered(stem)}, listing)))
    for ending in endings:
        for owner in dict.fromkeys((file.name, stem)):
            wanted = _comparable(owner) + ending
            same = [name for name in names if name != file.name and folded(name) == folded(wanted)]
            exact = [name for name in same if _with_lower_ending(name, ending) == wanted]
            similar = [name for name in same if name not in exact and _owners(name, names) == [file.name]]
            for match in (*sorted(exact, key=lambda name: name != owner + ending), *similar):
                yield InboxFile(bucket=file.bucket, key=f"{folder}{match}")


def as_stored(file: InboxFile, listing: FolderListing) -> InboxFile:
    """Return a file under the key that it has in the bucket; somebody may have written its name otherwise.

    The exact name counts first, then the same name in another normalization form, then the only one that is
    the same in any letter case; then all of this with the backslashes of Windows as slashes. The file itself
    where none matches.
    """
    if len(file.key.encode()) > LONGEST_KEY:
        return file
    folder, wanted = file.key.removesuffix(file.name), nfc(file.name)
    for form in dict.fromkeys((folder, nfc(folder), unicodedata.normalize("NFD", folder))):
        names = listing.names(form, _unaltered(file.name))
        same = sorted((name for name in names if nfc(name) == wanted), key=lambda name: name != file.name)
        if not same:
            listed = dict.fromkeys(_listed(form, {file.name[:_DISTINCT]}, listing))
            same = [name for name in listed if folded(name) == folded(wanted)]
            same = same if len(same) == 1 else []
        if same:
            return InboxFile(bucket=file.bucket, key=f"{form}{same[0]}", version_id=file.version_id)
    slashed = file.model_copy(update={"key": _slashed(file.key)})
    return file if slashed == file else as_stored(slashed, listing)


def is_meant(file: InboxFile, key: str, listing: FolderListing) -> bool:
    """Return whether somebody who wrote this key means the file."""
    if nfc(key) == nfc(file.key):
        return True
    if folded(_slashed(key)) != folded(_slashed(file.key)):
        return False
    return as_stored(InboxFile(bucket=file.bucket, key=key), listing).key == file.key


def has_owner(sidecar: InboxFile, listing: FolderListing) -> bool:
    """Return whether the file is beside it that a sidecar belongs to: `photo.png` for `photo.txt`."""
    folder = sidecar.key.removesuffix(sidecar.name)
    return bool(_owners(sidecar.name, _listed(folder, {_unaltered(_stem(sidecar.name))}, listing)))


def only_owner_of(sidecar: InboxFile, listing: FolderListing) -> InboxFile | None:
    """Return the file that a sidecar belongs to, where there is one alone."""
    folder = sidecar.key.removesuffix(sidecar.name)
    owners = _owners(sidecar.name, _listed(folder, {_unaltered(_stem(sidecar.name))}, listing))
    return InboxFile(bucket=sidecar.bucket, key=f"{folder}{owners[0]}") if len(owners) == 1 else None


def is_named_by_stem(sidecar: InboxFile, file: InboxFile) -> bool:
    """Return whether a sidecar has the name of its file without that file's ending: `photo.txt`."""
    return folded(_stem(sidecar.name)) != folded(file.name)


def _listed(folder: str, beginnings: Iterable[str], listing: FolderListing) -> Iterator[str]:
    names = listing.names(folder)
    yield from names
    if len(names) < MOST_NAMES:
        return
    for beginning in sorted({form for text in beginnings for form in (text, text.title(), text.upper())}):
        yield from listing.names(folder, beginning)


def _owners(sidecar: str, names: Iterable[str]) -> list[str]:
    """Return the files that a sidecar belongs to: those of its exact name, else in any letter case."""
    owner = _stem(sidecar)
    found = [
        name
        for name in dict.fromkeys(names)
        if name != sidecar and (folded(name) == folded(owner) or _is_owner_by_stem(name, owner))
    ]
    exact = [name for name in found if _comparable(owner) in {_comparable(name), nfc(_stem(name))}]
    return exact or found


def _is_owner_by_stem(name: str, stem: str) -> bool:
    is_material = name.rpartition(".")[2].lower() in ENDINGS | LINK_ENDINGS
    return is_material and folded(_stem(name)) == folded(stem)


def _slashed(key: str) -> str:
    return key.replace("\\", "/")


def is_address(name: str) -> bool:
    """Return whether a name in a row or manifest is a page's address, not a file such as `www.shop.png`."""
    is_file = "/" not in name and name.rpartition(".")[2].lower() in ENDINGS | LINK_ENDINGS
    return "://" in name or (name.lower().startswith("www.") and not is_file)


def _stem(name: str) -> str:
    return name.rpartition(".")[0] or name


def _unaltered(text: str) -> str:
    """Return the beginning of a name that is the same bytes in every normalization form."""
    plain = next((at for at, character in enumerate(text) if not character.isascii()), len(text) + 1)
    return text[: max(plain - 1, 0)]  # a mark may alter the letter before it


def _comparable(name: str) -> str:
    """Return a name with its ending in lower case, normalized."""
    stem, dot, ending = nfc(name).rpartition(".")
    return f"{stem}{dot}{ending.lower()}"


def _with_lower_ending(name: str, ending: str) -> str:
    owner = nfc(name)[: -len(ending)]
    return _comparable(owner) + nfc(name)[-len(ending) :].lower()
