import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from aws.api_keys import ApiKeys, KeyHolder
from aws.sign_in import AddressTakenError, SignInAddress, SignInAddresses, SignIns
from videos.events.sign_in import LINK_SECONDS, SESSION_SECONDS, WINDOW_SECONDS

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

BOTH = ("read", "write")
ANA, BEN = "ana@example.com", "ben@example.com"


class Time:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sign_ins(answers_table: "Table", time: Time) -> SignIns:
    return SignIns(answers_table, time)


@pytest.fixture
def addresses(keys_table: "Table") -> SignInAddresses:
    addresses = SignInAddresses(keys_table)
    addresses.add(ANA, "Ana@Example.com", "shop")
    addresses.add(BEN, BEN, "gallery", ("read",))
    return addresses


def _session(sign_ins: SignIns, address: str = ANA, owner: str = "shop") -> str:
    session = sign_ins.use_link(sign_ins.make_link(address, owner))
    assert session is not None
    return session.key


def test_an_address_signs_in_its_owner_with_the_scopes_of_the_operator(
    sign_ins: SignIns, addresses: SignInAddresses, time: Time
) -> None:
    session = sign_ins.use_link(sign_ins.make_link(ANA, "shop"))
    assert session is not None
    assert (session.owner, session.expires_at) == ("shop", time.now + timedelta(seconds=SESSION_SECONDS))
    assert sign_ins.holder_of(session.key, addresses) == KeyHolder("shop", BOTH)
    other = _session(sign_ins, BEN, "gallery")
    assert sign_ins.holder_of(other, addresses) == KeyHolder("gallery", ("read",))


def test_a_link_works_once(sign_ins: SignIns) -> None:
    token = sign_ins.make_link(ANA, "shop")
    assert sign_ins.use_link(token)
    assert [sign_ins.use_link(token) for _ in range(3)] == [None, None, None]


def test_a_link_works_for_a_quarter_of_an_hour(sign_ins: SignIns, time: Time) -> None:
    in_time, late = (sign_ins.make_link(ANA, "shop") for _ in range(2))
    time.pass_seconds(LINK_SECONDS - 1)
    assert sign_ins.use_link(in_time)
    time.pass_seconds(1)
    assert sign_ins.use_link(late) is None
    time.pass_seconds(-60)
    assert sign_ins.use_link(late) is None, "it is used up"


def test_a_link_that_is_changed_by_one_character_is_none(sign_ins: SignIns) -> None:
    token = sign_ins.make_link(ANA, "shop")
    for place, character in enumerate(token):
        for other in {"A", "b", "_", " ", "ü", character.swapcase(), ""} - {character}:
            assert sign_ins.use_link(token[:place] + other + token[place + 1 :]) is None
    assert sign_ins.use_link(token), "nothing of this has used it up"


@pytest.mark.parametrize("end", ["\n", " ", "=", "A", "\0"])
def test_a_link_with_something_added_is_none(sign_ins: SignIns, end: str) -> None:
    token = sign_ins.make_link(ANA, "shop")
    assert sign_ins.use_link(token + end) is None
    assert sign_ins.use_link(end + token) is None


@pytest.mark.parametrize("forged", ["", "A" * 43, "sign-in-link#", "A" * 5000])
def test_a_forged_link_is_none(sign_ins: SignIns, forged: str) -> None:
    sign_ins.make_link(ANA, "shop")
    assert sign_ins.use_link(forged) is None


def test_a_link_of_another_stack_is_none(answers_table: "Table", sign_ins: SignIns) -> None:
    token = sign_ins.make_link(ANA, "shop")
    for item in answers_table.scan()["Items"]:  # another stack has another table
        answers_table.delete_item(Key={"id": item["id"]})
    assert sign_ins.use_link(token) is None


def test_what_is_stored_is_neither_a_link_nor_a_session(
    answers_table: "Table", sign_ins: SignIns, addresses: SignInAddresses
) -> None:
    token, key = sign_ins.make_link(ANA, "shop"), _session(sign_ins)
    kept = json.dumps(answers_table.scan()["Items"], default=str)
    assert ANA in kept
    assert token not in kept
    assert key.removeprefix("nvs_") not in kept
    for item in answers_table.scan()["Items"]:
        stored = str(item["id"]).partition("#")[2]
        assert sign_ins.use_link(stored) is None
        assert sign_ins.holder_of(f"nvs_{stored}", addresses) is None


def test_a_session_is_no_link_and_no_key_and_a_link_is_no_session(
    keys_table: "Table", sign_ins: SignIns, addresses: SignInAddresses
) -> None:
    keys, token, session = ApiKeys(keys_table), sign_ins.make_link(ANA, "shop"), _session(sign_ins)
    assert sign_ins.use_link(session) is None
    assert sign_ins.use_link(session.removeprefix("nvs_")) is None
    assert sign_ins.holder_of(token, addresses) is None
    assert sign_ins.holder_of(f"nvs_{token}", addresses) is None
    for no_key in (token, session, session.replace("nvs_", "nvp_"), f"sign-in:{ANA}"):
        assert keys.holder_of(no_key) is None
    assert sign_ins.holder_of(keys.make("shop"), addresses) is None


def test_a_session_ends_after_an_hour(sign_ins: SignIns, addresses: SignInAddresses, time: Time) -> None:
    key = _session(sign_ins)
    time.pass_seconds(SESSION_SECONDS - 1)
    assert sign_ins.holder_of(key, addresses)
    time.pass_seconds(1)
    assert sign_ins.holder_of(key, addresses) is None


def test_a_session_ends_when_somebody_signs_out_and_no_other_does(
    sign_ins: SignIns, addresses: SignInAddresses
) -> None:
    key, other = _session(sign_ins), _session(sign_ins)
    sign_ins.end_session(key)
    sign_ins.end_session(key)
    sign_ins.end_session("nvs_unknown")
    assert sign_ins.holder_of(key, addresses) is None
    assert sign_ins.holder_of(other, addresses)


@pytest.mark.parametrize("when", ["before the link is used", "afterwards"])
def test_an_address_that_is_removed_or_given_to_another_owner_is_signed_in_no_longer(
    sign_ins: SignIns, addresses: SignInAddresses, when: str
) -> None:
    token = sign_ins.make_link(ANA, "shop")
    key = "" if when.startswith("before") else _session(sign_ins)
    assert addresses.remove(ANA)
    key = key or _session(sign_ins)
    assert sign_ins.holder_of(key, addresses) is None
    addresses.add(ANA, ANA, "gallery")
    assert sign_ins.holder_of(key, addresses) is None, "it was for the videos of the shop"
    of_the_link = sign_ins.use_link(token)
    assert of_the_link
    assert sign_ins.holder_of(of_the_link.key, addresses) is None


def test_fewer_scopes_hold_at_once(sign_ins: SignIns, addresses: SignInAddresses) -> None:
    key = _session(sign_ins)
    addresses.add(ANA, ANA, "shop", ("read",))
    assert sign_ins.holder_of(key, addresses) == KeyHolder("shop", ("read",))


def test_an_address_signs_in_one_owner_and_one_owner_has_many(addresses: SignInAddresses) -> None:
    with pytest.raises(AddressTakenError, match=r"^shop$"):
        addresses.add(ANA, ANA, "gallery")
    assert addresses.of(ANA) == SignInAddress(email="Ana@Example.com", owner="shop", scopes=BOTH)
    addresses.add("eve@example.com", "eve@example.com", "shop")
    assert [addresses.remove(ANA) for _ in range(2)] == [True, False]
    assert addresses.of(ANA) is None
    assert addresses.of("eve@example.com")


@pytest.mark.parametrize("owner", ["", "a b", "ünal", "sign-in:shop"])
def test_an_owner_has_a_plain_name(addresses: SignInAddresses, owner: str) -> None:
    with pytest.raises(ValueError, match="cannot be an owner"):
        addresses.add("eve@example.com", "eve@example.com", owner)
    assert addresses.of("eve@example.com") is None


def test_so_many_requests_are_counted_in_a_window_and_for_each_apart(sign_ins: SignIns, time: Time) -> None:
    time.pass_seconds(-time.now.timestamp() % WINDOW_SECONDS)
    assert [sign_ins.count("address:ana", most=3) for _ in range(5)] == [True] * 3 + [False] * 2
    assert sign_ins.count("address:ben", most=3)
    time.pass_seconds(WINDOW_SECONDS - 1)
    assert not sign_ins.count("address:ana", most=3)
    time.pass_seconds(1)
    assert sign_ins.count("address:ana", most=3)


def test_everything_forgets_itself(answers_table: "Table", sign_ins: SignIns, time: Time) -> None:
    sign_ins.make_link(ANA, "shop")
    _session(sign_ins)
    sign_ins.count("address:ana", most=1)
    ends = {str(item["id"]).partition("#")[0]: item["expiration"] for item in answers_table.scan()["Items"]}
    assert ends.keys() == {"sign-in-link", "session", "sign-in-calls"}
    assert max(map(int, map(str, ends.values()))) <= time.now.timestamp() + SESSION_SECONDS


def test_who_was_counted_is_not_stored(answers_table: "Table", sign_ins: SignIns) -> None:
    sign_ins.count(f"address:{ANA}", most=1)
    assert ANA not in json.dumps(answers_table.scan()["Items"], default=str)
