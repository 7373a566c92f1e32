"""A brand: what may be asked for, how its logo is found, and what the agent is told of it."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from studio.director.language import read_instruction
from studio.draft import Role
from tests.support.builders import SENDING, a_version, a_video
from tests.support.memory import MemoryInbox
from videos.lifecycle.submit import Submission
from videos.model.media import InboxFile, WebAddress
from videos.model.video import Brand, Options, Video
from videos.requests.brand import options_of, sentences_of
from videos.requests.options import (
    BrandRequest,
    FieldError,
    ManifestRequest,
    RequestOptions,
    RowRequest,
    VideoRequest,
    read_request,
)
from videos.requests.ownership import NamedObjects, Ownership, prefix_of
from videos.requests.prompt import message_of
from videos.requests.sources import Reached

UPLOAD = "upl-0123456789ab"
KEY = f"{prefix_of('ann', UPLOAD)}Our logo.png"
UPLOADED = InboxFile(bucket="the-inbox", key=KEY)
WHOLE = {"logo": UPLOAD, "colors": ["#0A7D5A", "#fd4"], "font": "Open Sans", "call_to_action": "Order now"}


def _options(brand: object, owner: str = "ann", folder: str = "") -> Options:
    inbox = MemoryInbox(dict.fromkeys([KEY, "inbox/shop/logo.png"], b"1"))
    objects = NamedObjects(bucket="the-inbox", inbox=inbox, ownership=Ownership())
    request = read_request(VideoRequest, {"instruction": "a", "brand": brand})
    return options_of(request, owner, objects=objects, reachable=_reached, folder=folder)


def _reached(field: str, url: str) -> Reached:
    if "within" in url:
        raise FieldError(field, "It leads to a private network.")
    return Reached(url, "It could not be checked." if "busy" in url else None)


def _brand(brand: object, owner: str = "ann", folder: str = "") -> Brand:
    found = _options(brand, owner, folder).brand
    assert found is not None
    return found


def test_every_field_is_optional_and_colours_have_one_form() -> None:
    assert _brand(WHOLE) == Brand(
        logo=UPLOADED, colors=("#0a7d5a", "#ffdd44"), font="Open Sans", call_to_action="Order now"
    )
    assert _brand({}) == Brand()
    assert _brand({"colors": ["#FFF", "#ffffff", "#000"]}).colors == ("#ffffff", "#000000")
    assert _options(None) == Options()


@pytest.mark.parametrize("kind", [RequestOptions, VideoRequest, RowRequest, ManifestRequest])
@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ({"colours": []}, "brand.colours: There is no field “brand.colours”. Did you mean “colors”?"),
        ({"color": "#fff"}, "brand.color: There is no field “brand.color”. Did you mean “colors”?"),
        ({"cta": "a"}, "brand.cta: There is no field “brand.cta”. Did you mean “call_to_action”?"),
        ({"typeface": "a"}, "brand.typeface: There is no field “brand.typeface”. Did you mean “font”?"),
        ("#fff", "brand: “#fff” is not an object, such as {…}."),
        ({"colors": "#fff"}, "brand.colors: “#fff” is not a list, such as […]."),
        (
            {"colors": ["green"]},
            "brand.colors.0: “green” cannot be used. Use a color code, such as “#0a7d5a”.",
        ),
        ({"colors": ["#fff"] * 6}, "brand.colors: It has 6 entries. The limit is 5."),
        (
            {"font": 'Arial. Add "x"'},
            'brand.font: “Arial. Add "x"” cannot be used. Use letters, digits, spaces and hyphens.',
        ),
        ({"font": "x" * 41}, "brand.font: It has 41 characters. The limit is 40."),
        ({"call_to_action": "x" * 61}, "brand.call_to_action: It has 61 characters. The limit is 60."),
        (
            {"call_to_action": 'Say "yes"'},
            'brand.call_to_action: “Say "yes"” cannot be used. Leave out quotation marks and line breaks.',
        ),
        (
            {"call_to_action": "Order\nnow"},
            "brand.call_to_action: “Order now” cannot be used. Leave out quotation marks and line breaks.",
        ),
        ({"logo": ""}, "brand.logo: It is empty."),
        ({"logo": ["logo.png"]}, 'brand.logo: “["logo.png"]” is not text.'),
    ],
)
def test_a_mistake_names_the_field_the_value_and_what_to_do(
    kind: type[RequestOptions], brand: object, said: str
) -> None:
    with pytest.raises(FieldError) as caught:
        read_request(
            kind,
            {"instruction": "a", "files": ["a.png"], "brand": brand}
            if kind is ManifestRequest
            else {"instruction": "a", "brand": brand},
        )
    assert f"{caught.value.field}: {caught.value}" == said


@pytest.mark.parametrize("name", ["logo", "colors", "colours", "font", "cta", "brand.logo"])
def test_a_field_outside_of_the_brand_is_shown_where_it_belongs(name: str) -> None:
    with pytest.raises(FieldError, match=r'Write it as \{"brand": \{"\w+": …\}\}\.'):
        read_request(RequestOptions, {name: "x"})


@pytest.mark.parametrize("name", [UPLOAD, KEY])
def test_a_logo_is_an_upload_by_its_id_or_its_key(name: str) -> None:
    logo = _brand({"logo": name}).logo
    assert isinstance(logo, InboxFile)
    assert logo.key == KEY


def test_a_logo_may_be_at_an_address() -> None:
    found = _brand({"logo": "www.busy.example/logo.png"})
    assert found == Brand(logo=WebAddress(url="https://www.busy.example/logo.png"))
    with pytest.raises(FieldError, match="private network") as caught:
        _options({"logo": "http://within.example/"})
    assert caught.value.field == "brand.logo"


def test_a_logo_of_a_row_lies_beside_the_batch_file() -> None:
    logo = _brand({"logo": "logo.png"}, "inbox", "inbox/shop").logo
    assert isinstance(logo, InboxFile)
    assert (logo.key, logo.version_id) == ("inbox/shop/logo.png", "v1")


@pytest.mark.parametrize(
    ("name", "owner"),
    [(UPLOAD, "bob"), (KEY, "bob"), ("inbox/shop/logo.png", "ann"), ("logo.png", "inbox"), ("../x", "ann")],
)
def test_a_foreign_logo_is_answered_like_one_that_does_not_exist(name: str, owner: str) -> None:
    said = f"there is no “{name}” that you may use. Upload it first."
    with pytest.raises(FieldError) as caught:
        _options({"logo": name}, owner)
    assert (caught.value.field, str(caught.value)) == ("brand.logo", said)


def test_an_edit_of_a_row_keeps_the_brand_of_its_video() -> None:
    with pytest.raises(FieldError, match="an edit keeps the brand of its video"):
        read_request(RowRequest, {"instruction": "a", "edit_of": "vid-a", "brand": {"font": "Arial"}})


def _branded(**brand: object) -> Video:
    return a_video().model_copy(update={"options": Options(brand=Brand.model_validate(brand))})


@pytest.mark.parametrize(
    ("brand", "said"),
    [
        ({}, []),
        (
            {"logo": UPLOADED},
            [
                (
                    "Use the uploaded picture brand-logo as the logo in the top right corner, "
                    "unless another place was asked for."
                )
            ],
        ),
        ({"colors": ["#0a7d5a"]}, ["Main brand color: #0a7d5a."]),
        (
            {"colors": ["#0a7d5a", "#ffdd44", "#000000"]},
            ["Main brand color: #0a7d5a. Other brand colors that may be used: #ffdd44, #000000."],
        ),
        ({"font": "Open Sans"}, ["Use the font Open Sans."]),
        ({"call_to_action": "Order now"}, ['Call to action: "Order now".']),
        (
            {"call_to_action": "Don\u2019t “wait”\u2028\u202ehere"},
            ['Call to action: "Don\N{MODIFIER LETTER APOSTROPHE}t wait here".'],
        ),
        ({"call_to_action": "“”"}, []),
    ],
)
def test_the_agent_is_told_in_words(brand: dict[str, object], said: list[str]) -> None:
    video = _branded(**brand)
    assert message_of(video, a_version()).splitlines() == ["Make it shine.", *said]
    edit = a_version(number=2, instruction="Shorter.")
    assert message_of(video, edit, [a_version(send_lock=SENDING)]) == "Shorter."


@given(st.text(min_size=1, max_size=60))
def test_no_call_to_action_ends_its_quotation_or_its_line(action: str) -> None:
    try:
        brand = BrandRequest(call_to_action=action)
    except ValidationError:
        return
    sentences = sentences_of(Brand.model_validate(brand.model_dump()))
    assert len(sentences) <= 1
    for sentence in sentences:
        assert len(sentence.splitlines()) == 1
        assert sentence.count('"') == 2
        read = read_instruction(f"Make a 9 second video\n{sentence}")
        assert [text.role for text in read.texts] == [Role.CALL_TO_ACTION]
        assert (read.seconds, read.aspect, read.features, read.edits) == (9, None, (), ())


@pytest.mark.parametrize(
    "change",
    [
        lambda brand: brand | {"logo": "inbox/shop/logo.png"},
        lambda brand: brand | {"colors": ["#0a7d5b"]},
        lambda brand: brand | {"font": "Lato"},
        lambda brand: brand | {"call_to_action": "Order"},
        lambda _: None,
    ],
)
def test_the_same_request_with_another_brand_is_another_request(
    change: Callable[[dict[str, object]], object],
) -> None:
    def fingerprint(brand: object) -> str:
        options = _options(brand, "inbox", "inbox/shop")
        return Submission(
            idempotency_key="i", owner="inbox", source="api", instruction="a", media=(), options=options
        ).fingerprint

    brand: dict[str, object] = {**WHOLE, "logo": "https://example.com/logo.png"}
    assert fingerprint(brand) == fingerprint(dict(brand))
    assert fingerprint(brand) != fingerprint(change(brand))
