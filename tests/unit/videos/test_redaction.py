"""What is shown of an address: enough to know it by, and nothing that opens it."""

import pytest

from tests.unit.handlers.announced import END
from tests.unit.videos.samples import READY, a_turn, a_video
from videos.announcements import end_of, progress_of
from videos.failure_codes import FailureCode
from videos.media import WebAddress
from videos.records import Problem, Stage, Status
from videos.redaction import shown_address, without_secrets

SIGNED = (
    "https://shop.s3.amazonaws.com/a/kettle.mp4?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAHUSH%2F20260504"
    "&X-Amz-Date=20260504T120000Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=hush"
)
ADDRESSES = [
    ("http://me:hush@shop.example/kettle", "http://shop.example/kettle"),
    ("http://hush@shop.example:8080/", "http://shop.example:8080/"),
    ("http://a:b@c:hush@shop.example/", "http://shop.example/"),
    (SIGNED, "https://shop.s3.amazonaws.com/a/kettle.mp4"),
    (
        "https://a.blob.core.windows.net/c/k.mp4?sv=2024&sr=b&sig=hush%3D&name=kettle",
        "https://a.blob.core.windows.net/c/k.mp4?sv=2024&sr=b&name=kettle",
    ),
    (
        "https://storage.googleapis.com/b/k.mp4?GoogleAccessId=hush&Expires=1&Signature=hush",
        "https://storage.googleapis.com/b/k.mp4",
    ),
    ("https://shop.example/?access_token=hush&id=7", "https://shop.example/?id=7"),
    (
        "https://shop.example/?apiKey=hush&api-key=hush&key=hush&PASSWORD=hush&id=7",
        "https://shop.example/?id=7",
    ),
    ("https://shop.example/?a=" + "hush" * 11, "https://shop.example/"),
    ("https://shop.example/#access_token=hush", "https://shop.example/"),
    ("http://[hush", "http://[hush".rpartition("@")[2]),
]
HARMLESS = [
    "https://shop.example/kettle?colour=steel&size=1%2C7&a=&keyword=tea+pot&page=2",
    "https://shop.example/produkt/größe?a=1",
    "https://monkey.example/?monkey=1&author=Ann&passage=3&design=x",
    "not an address",
    "",
]


@pytest.mark.parametrize(("address", "shown"), ADDRESSES)
def test_passwords_and_signatures_are_not_shown(address: str, shown: str) -> None:
    assert shown_address(address) == shown
    assert without_secrets(f"See {address}, please.").startswith(f"See {shown.rstrip('/')}")
    assert WebAddress(url=address).name == shown


@pytest.mark.parametrize("address", HARMLESS)
def test_other_addresses_are_shown_as_they_are(address: str) -> None:
    assert shown_address(address) == address
    assert without_secrets(f"“{address}” and more") == f"“{address}” and more"


@pytest.mark.parametrize(
    "address", [address for address, _ in ADDRESSES if "hush" in address and "[" not in address]
)
def test_no_announcement_tells_them(address: str) -> None:
    video = a_video(WebAddress(url=address)).model_copy(update={"instruction": f"Show {address}"})
    said = Problem(code=FailureCode.REFUSED, message=f"{address} cannot be used.", advice="Correct it.")
    turn = a_turn(
        ended=READY.model_copy(update={"status": Status.FAILED, "message": said.message}), problem=said
    )
    turn = turn.model_copy(update={"instruction": video.instruction})
    end = end_of(video, turn, "https://videos.example")
    progress = progress_of(video, Stage.INSPECTING, f"Looking at {address}.")
    assert "hush" not in end.model_dump_json() + progress.model_dump_json()


def test_an_event_names_no_bucket_and_no_key() -> None:
    told = END.model_dump_json()
    assert "s3://" not in told
    assert "inbox/" not in told
    assert [source.name for source in END.sources] == ["kettle.png"]
    assert END.schema_version == "2"


def test_long_texts_take_time_in_proportion() -> None:
    for text in ("a" * 200_000, "http://" * 30_000, "https://a.example/?" + "&auth" * 40_000, "+.-" * 70_000):
        assert without_secrets(text) is not None
