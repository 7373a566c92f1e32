"""What is shown of an address: enough to know it by, and nothing that opens it."""

import pytest

from tests.support.builders import READY, a_version, a_video
from tests.unit.handlers.announced import END
from videos.events.announcements import end_of, progress_of
from videos.model.failure_codes import FailureCode
from videos.model.media import WebAddress
from videos.model.records import Problem, Stage, Status
from videos.model.redaction import shown_address, without_secrets

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
    (
        "https://d1.cloudfront.net/k.mp4?Expires=1&Policy=hush_&Signature=hush~&Key-Pair-Id=hush",
        "https://d1.cloudfront.net/k.mp4",
    ),
    (
        "https://b.oss-eu.aliyuncs.com/k.mp4?OSSAccessKeyId=hush&Expires=1&Signature=hush&security-token=hush",
        "https://b.oss-eu.aliyuncs.com/k.mp4",
    ),
    (
        "https://b.cos.eu.myqcloud.com/k.mp4?q-sign-algorithm=sha1&q-ak=hush&q-key-time=hush&q-signature=hush",
        "https://b.cos.eu.myqcloud.com/k.mp4",
    ),
    ("https://cdn.example/k.mp4?hdnts=exp=1~hmac=hush&w=1", "https://cdn.example/k.mp4?w=1"),
    (
        "https://shop.example/?accessToken=hush&userPassword=hush&sessionId=hush&id=7",
        "https://shop.example/?id=7",
    ),
    ("https://shop.example/?a=1;token=hush;b=2", "https://shop.example/?a=1;b=2"),
    ("https://shop.example/?%74oken=hush&b=2", "https://shop.example/?b=2"),
    ("https://www.dropbox.com/s/k.mp4?rlkey=hush&dl=1", "https://www.dropbox.com/s/k.mp4?dl=1"),
    ("https://drive.example/k?resourcekey=hush&authkey=hush", "https://drive.example/k"),
    ("https://shop.example/a;jsessionid=hush?b=2", "https://shop.example/a?b=2"),
    ("https://shop.example/?u=http://me:hush@b.example/", "https://shop.example/?u=http://b.example/"),
    (
        "https://shop.example/?u=http%3A%2F%2Fb.example%2F%3Fsig%3Dhush",
        "https://shop.example/?u=http://b.example/",
    ),
    (
        "https://shop.example/?u=http%253A%252F%252Fme%253Ahush%2540b.example%252F",
        "https://shop.example/?u=http://b.example/",
    ),
    (
        "https://shop.example/?TOK=hush&tk=hush&Signed=hush&MD5=hush&digest=hush&x=1",
        "https://shop.example/?x=1",
    ),
    ("https://shop.example/?SAMLResponse=hush&x=1", "https://shop.example/?x=1"),
    ("https://shop.example/?login=me:hush&x=1", "https://shop.example/?x=1"),
    ("https://shop.example/eyJhbGciOiJIUzI1.eyJzdWIiOiIx.hush/k.mp4", "https://shop.example/…/k.mp4"),
    ("https://hooks.slack.com/services/T000/B000/hush", "https://hooks.slack.com/…"),
    ("https://hooks.slack.com/workflows/T000/A000/1/hush", "https://hooks.slack.com/…"),
    ("https://discord.com/api/webhooks/1/hush", "https://discord.com/…"),
    (
        "https://0.environment.api.powerplatform.com:443/workflows/hush/invoke?api-version=1&sig=hush",
        "https://0.environment.api.powerplatform.com:443/…?api-version=1",
    ),
    (
        "https://acme.webhook.office.com/webhookb2/hush/IncomingWebhook/hush/1",
        "https://acme.webhook.office.com/…",
    ),
    ("https://api.telegram.org/bot1:hush/sendVideo", "https://api.telegram.org/…"),
    ("https://hooks.zapier.com/hooks/catch/1/hush/", "https://hooks.zapier.com/…"),
    ("ftp://me:hush@shop.example/kettle", "ftp://shop.example/kettle"),
    ("http:/me:hush@shop.example/kettle", "http:/shop.example/kettle"),
    ("HTTPS://me:hush@SHOP.example/kettle", "HTTPS://SHOP.example/kettle"),
    ("//me:hush@shop.example/kettle", "//shop.example/kettle"),
    ("http://me:hu?hush@shop.example/kettle", "http://shop.example/kettle"),
    ("http://me:hu#hush@shop.example/kettle", "http://shop.example/kettle"),
    ("http://me:hu/hush@shop.example/kettle", "http://shop.example/kettle"),
    ("http://me:hu'hush@shop.example/kettle", "http://shop.example/kettle"),
    ('http://me:hu"hush>@shop.example/kettle', "http://shop.example/kettle"),
    ("http://[hush", "http://[hush".rpartition("@")[2]),
]
HARMLESS = [
    "https://shop.example/kettle?colour=steel&size=1%2C7&a=&keyword=tea+pot&page=2",
    "https://shop.example/produkt/größe?a=1",
    "https://discord.com/channels/1",
    "https://shop.example/a;v=1/k.mp4?next=/basket&mail=ann@example.com&q=what%3F",
    "https://shop.example/@ann/kettle",
    "https://shop.example:8080/@ann/kettle?mail=ann@example.com",
    "http://[2001:db8::1]:8080/@ann",
    "shop.example/kettle?page=2",
    "mailto:ann@example.com",
    "https://shop.example/?next=%252Fbasket&machine=1&toklat=no",
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
    ("text", "shown"),
    [
        ("See www.shop.example/?token=hush now", "See www.shop.example/ now"),
        ("Log in: me:hush@shop.example/kettle", "Log in: shop.example/kettle"),
        ("Log in: me:hu/hush'@shop.example/kettle", "Log in: shop.example/kettle"),
        ("Log in: me:hush@localhost:8080/kettle", "Log in: localhost:8080/kettle"),
        ("Log in: me:hush@[2001:db8::1]/kettle", "Log in: [2001:db8::1]/kettle"),
        (f"Log in: me:{'hush' * 20}@shop.example/kettle", "Log in: shop.example/kettle"),
        ("See shop.example/?token=hush&id=7 now", "See shop.example/?id=7 now"),
        ("See shop.example:8080/kettle?token=hush now", "See shop.example:8080/kettle now"),
        ("(https://hush@shop.example/?sig=hush)", "(https://shop.example/"),
        ("Ask ann@example.com at 10:30, ratio 16:9", "Ask ann@example.com at 10:30, ratio 16:9"),
    ],
)
def test_addresses_are_found_as_people_type_them(text: str, shown: str) -> None:
    assert without_secrets(text).startswith(shown)
    assert "hush" not in without_secrets(text)


@pytest.mark.parametrize(
    "address", [address for address, _ in ADDRESSES if "hush" in address and "[" not in address]
)
def test_no_announcement_tells_them(address: str) -> None:
    video = a_video(WebAddress(url=address)).model_copy(update={"instruction": f"Show {address}"})
    said = Problem(code=FailureCode.REFUSED, message=f"{address} cannot be used.", advice="Correct it.")
    version = a_version(
        ended=READY.model_copy(update={"status": Status.FAILED, "message": said.message}), problem=said
    )
    version = version.model_copy(update={"instruction": video.instruction})
    end = end_of(video, version, "https://videos.example")
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
