"""An owner may name their own uploads, and the inbox where the stack says so, and nothing else."""

import pytest

from tests.support.memory import MemoryInbox
from videos.model.media import InboxFile
from videos.requests.options import FieldError
from videos.requests.ownership import NamedObjects, Ownership, owns, prefix_of

UPLOAD = "upl-0123456789ab"
UPLOADED = f"{prefix_of('ann', UPLOAD)}Ü b.png"
DROPPED = "inbox/a.png"
WORKING = "batches/bat-1/0123456789abcdef0123456789abcdef/batch.jsonl"
OTHERS = [
    f"{prefix_of('bob', UPLOAD)}b.png",
    WORKING,
    "batches/bat-1/batch.jsonl",
    "videos/vid-1/1/video.mp4",
    "reports/sweep-2026-05-04T12-00-00Z.jsonl",
    "uploads/a.png",
    "uploads/",
    "uploads",
    "a.png",
    "",
    "/",
    "inbox",
    "Inbox/a.png",
    "inboxes/a.png",
    "/inbox/a.png",
    "./inbox/a.png",
    "inbox/../batches/bat-1/batch.jsonl",
    "inbox/./a.png",
    "inbox/..",
    f"{prefix_of('ann', '..')}x/a.png",
    f"{prefix_of('ann', UPLOAD)}../../{'0' * 16}/{UPLOAD}/a.png",
    prefix_of("ann", UPLOAD).rstrip("/")[: -len(UPLOAD) - 2],
    UPLOADED.upper(),
    "inbox/" + "ü" * 510,
    "s3://the-inbox/inbox/a.png",
    "the-inbox/inbox/a.png",
]


@pytest.fixture
def inbox() -> MemoryInbox:
    return MemoryInbox(dict.fromkeys([UPLOADED, DROPPED, *OTHERS], b"1"))


def _objects(inbox: MemoryInbox, readers: str = "*") -> NamedObjects:
    return NamedObjects(bucket="the-inbox", inbox=inbox, ownership=Ownership.of(readers))


def test_an_upload_is_found_by_its_id_and_by_its_key(inbox: MemoryInbox) -> None:
    objects = _objects(inbox, "")
    file = objects.uploaded("upload_ids", UPLOAD, "ann")
    assert file == InboxFile(bucket="the-inbox", key=UPLOADED)
    assert file.name == "Ü b.png"
    assert objects.named("s3_key", UPLOADED, "ann") == file.model_copy(update={"version_id": "v1"})


@pytest.mark.parametrize("key", OTHERS)
@pytest.mark.parametrize("owner", ["ann", "inbox"])
def test_nothing_else_is_there_though_it_exists(inbox: MemoryInbox, owner: str, key: str) -> None:
    refusals = []
    for where in (inbox, MemoryInbox({})):
        with pytest.raises(FieldError) as refusal:
            _objects(where).named("s3_key", key, owner)
        refusals.append((refusal.value.field, str(refusal.value)))
    assert len(set(refusals)) == 1


@pytest.mark.parametrize(
    ("owner", "upload_id"),
    [
        ("bob", f"{UPLOAD}x"),
        ("carl", UPLOAD),
        ("inbox", UPLOAD),
        ("ann", "upl-unknown"),
        ("ann", UPLOAD[:-1]),
        ("ann", ""),
        ("ann", "../../inbox"),
        ("ann", "x" * 2000),
        ("", f"ann/{UPLOAD}"),
    ],
)
def test_any_other_upload_is_not_there(inbox: MemoryInbox, owner: str, upload_id: str) -> None:
    with pytest.raises(FieldError, match="there is no upload"):
        _objects(inbox).uploaded("upload_ids", upload_id, owner)


@pytest.mark.parametrize(
    ("readers", "may"),
    [
        ("", {"inbox"}),
        ("ann", {"inbox", "ann"}),
        (" bob,ann ", {"inbox", "ann", "bob"}),
        ("an,nn", {"inbox"}),
        ("*", {"inbox", "ann", "bob"}),
    ],
)
def test_the_inbox_is_its_owners_and_of_those_whom_the_stack_names(readers: str, may: set[str]) -> None:
    ownership = Ownership.of(readers)
    assert {owner for owner in ("inbox", "ann", "bob") if ownership.may_name(owner, DROPPED)} == may
    assert not ownership.may_name("bob", UPLOADED)


def test_an_upload_is_no_drop_and_does_not_name_its_owner() -> None:
    prefix = prefix_of("ann", UPLOAD)
    assert prefix.startswith("uploads/")
    assert prefix.endswith(f"/{UPLOAD}/")
    assert "ann" not in prefix


def test_what_an_owner_may_only_name_is_not_their_own() -> None:
    assert owns("ann", UPLOADED)
    assert owns("inbox", DROPPED)
    assert not owns("ann", DROPPED)
    assert not owns("inbox", UPLOADED)
    assert not owns("ann", WORKING)
