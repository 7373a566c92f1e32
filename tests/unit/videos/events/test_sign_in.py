import pytest

from videos.events.sign_in import caller_of, language_of, plain_address


@pytest.mark.parametrize(
    "address",
    ["ana@example.com", "ana+videos@mail.example.co.uk", "o'hara@example.com", "a@xn--bcher-kva.example"],
)
def test_an_address_is_the_same_in_any_case(address: str) -> None:
    assert plain_address(address) == address
    assert plain_address(f" {address.upper()}\n") == address


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "ana@localhost",
        "ana@example",
        "ana@@example.com",
        "ana@example.com@evil.example",
        "ana@example.com,eve@evil.example",
        "ana@example.com eve@evil.example",
        "ana@example.com\nBcc: eve@evil.example",
        "ana@example.com\0",
        "ana\r\n@example.com",
        "Ana <ana@example.com>",
        '"ana"@example.com',
        "ana@[127.0.0.1]",
        "ana@-example.com",
        "ana@example..com",
        "ana@example.com.",
        # Letters that look alike, or become alike in another case.
        "аna@example.com",  # noqa: RUF001
        "ana@exampl\u0435.com",
        "an\u00e0@example.com",
        "ana@mi\u212arosoft.example",
        "\u0131nfo@example.com",
        f"{'a' * 65}@example.com",
        f"ana@{'a' * 64}.com",
        f"ana@{'.'.join(['a' * 60] * 5)}.com",
    ],
)
def test_what_is_no_address_or_more_than_one_is_refused(text: str) -> None:
    assert plain_address(text) is None


@pytest.mark.parametrize(
    ("source", "caller"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
    ],
)
def test_a_subscriber_of_ipv6_is_one_caller(source: str, caller: str) -> None:
    assert caller_of(source) == caller


@pytest.mark.parametrize(
    ("tag", "language"),
    [("de-AT", "de"), ("DE", "de"), ("zh-Hant-TW", "zh"), ("pt-BR", "en"), ("", "en"), ("deutsch", "en")],
)
def test_messages_are_in_the_nearest_language_of_the_browser(tag: str, language: str) -> None:
    assert language_of(tag) == language
