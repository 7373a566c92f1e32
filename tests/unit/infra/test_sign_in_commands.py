"""The commands behind `make sign-in` and `make sign-in-remove`."""

from typing import TYPE_CHECKING

import pytest

from aws.sign_in import SignInAddress, SignInAddresses
from infra import sign_in_addresses

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

ANA = "ana@example.com"


@pytest.fixture
def addresses(keys_table: "Table", monkeypatch: pytest.MonkeyPatch) -> SignInAddresses:
    monkeypatch.setattr(sign_in_addresses, "keys_table", lambda _: keys_table)
    return SignInAddresses(keys_table)


def _run(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    monkeypatch.setattr("sys.argv", ["infra.sign_in_addresses", *arguments])
    return sign_in_addresses.main()


@pytest.mark.parametrize(
    ("given", "scopes"), [((), ("read", "write")), (("--scopes", "read"), ("read",))], ids=["all", "read"]
)
def test_an_address_can_sign_in_until_it_is_removed(
    addresses: SignInAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    scopes: tuple[str, ...],
) -> None:
    assert _run(monkeypatch, "add", "--owner", "shop", "--email", "Ana@Example.com", *given) == 0
    assert f"{ANA} can sign in as shop ({', '.join(scopes)})" in capsys.readouterr().err
    assert addresses.of(ANA) == SignInAddress(email="Ana@Example.com", owner="shop", scopes=scopes)
    assert [_run(monkeypatch, "remove", "--email", "ANA@example.com") for _ in range(2)] == [0, 1]
    assert addresses.of(ANA) is None
    assert "ana@example.com cannot sign in." in capsys.readouterr().err


def test_an_address_of_another_owner_has_to_be_removed_first(
    addresses: SignInAddresses, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses.add(ANA, ANA, "shop")
    assert _run(monkeypatch, "add", "--owner", "gallery", "--email", ANA) == 1
    said = capsys.readouterr().err
    assert said == f"{ANA} signs in as shop. Remove it first: make sign-in-remove EMAIL={ANA}\n"
    known = addresses.of(ANA)
    assert known is not None
    assert known.owner == "shop"


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("--owner", "shop", "--email", "ana"), "EMAIL must be an e-mail address"),
        (("--owner", "shop", "--email", f"{ANA},eve@evil.example"), "EMAIL must be an e-mail address"),
        (("--owner", "shop", "--email", " "), "EMAIL is required: make sign-in"),
        (("--owner", "", "--email", ANA), "OWNER is required: make sign-in"),
        (("--owner", "a b", "--email", ANA), "cannot be an owner"),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(
    addresses: SignInAddresses,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: tuple[str, ...],
    said: str,
) -> None:
    assert _run(monkeypatch, "add", *given) == 1
    assert said in capsys.readouterr().err
    assert addresses.of(ANA) is None
