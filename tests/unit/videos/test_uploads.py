"""An upload is its owner's, and nobody else finds it."""

import pytest

from tests.unit.videos.memory import MemoryInbox
from videos.media import InboxFile
from videos.uploads import prefix_of, uploaded_file

UPLOAD = "upl-0123456789ab"


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox({f"{prefix_of('ann', UPLOAD)}Ü b.png": b"1", "inbox/a.png": b"2"})


def test_an_upload_is_found_by_its_id(inbox: MemoryInbox) -> None:
    file = uploaded_file("ann", UPLOAD, "the-inbox", inbox)
    assert file == InboxFile(bucket="the-inbox", key=f"{prefix_of('ann', UPLOAD)}Ü b.png")
    assert file.name == "Ü b.png"


@pytest.mark.parametrize(
    ("owner", "upload_id"),
    [
        ("bob", UPLOAD),
        ("ann", "upl-unknown"),
        ("ann", UPLOAD[:-1]),
        ("ann", ""),
        ("ann", "../../inbox"),
        ("", f"ann/{UPLOAD}"),
    ],
)
def test_anything_else_is_not_there(inbox: MemoryInbox, owner: str, upload_id: str) -> None:
    with pytest.raises(FileNotFoundError):
        uploaded_file(owner, upload_id, "the-inbox", inbox)


def test_an_upload_is_no_drop_and_does_not_name_its_owner() -> None:
    prefix = prefix_of("ann", UPLOAD)
    assert prefix.startswith("uploads/")
    assert prefix.endswith(f"/{UPLOAD}/")
    assert "ann" not in prefix
