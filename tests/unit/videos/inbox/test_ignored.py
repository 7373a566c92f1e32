"""What nobody meant as input starts nothing; what somebody may have meant is looked at."""

import pytest

from videos.inbox.drop import DropKind, kind_of
from videos.inbox.ignored import is_ignored

IGNORED = (
    "@eaDir/photo.png@SynoEAStream",
    "shop/@eaDir/photo.png/SYNOPHOTO_THUMB_M.jpg",
    ".git/refs/heads/picture.png",
    "$RECYCLE.BIN/S-1-5-21/$R1.png",
    ".thumbnails/large/a.png",
    ".Trash-1000/files/photo.png",
    "#recycle/photo.png",
    "__MACOSX/._photo.png",
    "System Volume Information/IndexerVolumeGuid",
    "lost+found/photo.png",
    "Network Trash Folder/a.png",
    ".stversions/photo~20260101.png",
    "photo.png.filepart",
    "photo.png.part",
    "photo.png.part1",
    "photo.mp4.crdownload",
    "photo.mp4.PARTIAL",
    "photo.tmp",
    ".photo.png.swp",
    "notes.swo",
    "photo.png~",
    "#photo.png#",
    "~$offer.docx",
    "~WRL0001.tmp",
    "photo.png.sb-1a2b3c4d-Ab12Cd",
    "photo.png.bak",
    ".~lock.rows.csv#",
    "photo.png@SynoResource",
    "clip.mp4.download/clip.mp4",
    "clip.mp4.incomplete",
    "clip.mp4.DOWNLOADING",
    "clip.mp4.inprogress",
    "clip.mp4.crswap",
    "clip.mp4.xltd",
    "clip.mp4.fdmdownload",
    "clip.mp4.!sync",
    "clip.mp4.bts",
    "photo.png.tmp1234",
    "photo.png___jb_tmp___",
    "photo.png.orig",
    "photo.png.old",
    "photo.png.kate-swp",
    "photo.png.1a2B3c4D",
    "photo.sync-conflict-20260504-120000-ABCDEF7.png",
    "clip.mp4.xdownload",
    "clip.mp4.!bt",
    "@__thumb/photo.png",
    "offer.wbk",
    "shop/",
    "Icon\r",
    "results.csv",
)

LOOKED_AT = (
    "photo.png",
    "shop.part/photo.png",
    "part.png",
    "download.mp4",
    "tmp/photo.png",
    "download/photo.png",
    "old.png",
    "my.download.png",
    "bak/photo.png",
    "my.tmp.photo.png",
    "partial/clip.mov",
    "README",
    "C# course/photo.png",
    "recycling/photo.png",
    "a~b.png",
    "cafebabe",
    "photo.1a2b3c4d.png",
    "sync-conflict.png",
)


@pytest.mark.parametrize("path", IGNORED)
def test_leftovers_are_ignored(path: str) -> None:
    assert is_ignored(path)
    assert kind_of(f"inbox/{path}") is DropKind.NOTHING


@pytest.mark.parametrize("path", LOOKED_AT)
def test_a_name_that_only_resembles_one_is_not_ignored(path: str) -> None:
    assert not is_ignored(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.psd", "shop/kettle.PSD"),
        ("Drafts", "shop/drafts/kettle.png"),
        ("raw/*", "RAW/kettle.png"),
        ("/raw/*", "raw/deep/kettle.png"),
        (" *_old.* ", "kettle_old.png"),
    ],
)
def test_the_owner_of_the_stack_adds_patterns(pattern: str, path: str) -> None:
    assert not is_ignored(path)
    assert is_ignored(path, ("nothing*", pattern))
    assert not is_ignored("shop/kettle.png", ("nothing*", pattern))
