"""Signing in with a mailed link: who may, how often, and what comes of forged and repeated requests."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from aws.sign_in import SignInAddresses, SignIns
from handlers import wiring
from handlers.http import authorize, sign_in
from tests.events.payloads import Event, event
from tests.unit.handlers.conftest import Context
from tests.unit.handlers.http_calls import content, header, problem
from videos.events.sign_in import LINKS_OF_ADDRESS, LINKS_OF_CALLER, SignInOrder

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table

HOST = "a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com"
ANA, EVE = "ana@example.com", "eve@example.com"


@dataclass
class Orders:
    """The queue of requests for links."""

    sent: list[SignInOrder] = field(default_factory=list)

    def put(self, order: SignInOrder) -> None:
        self.sent.append(order)


@dataclass
class Visitor:
    """Somebody at the home page, and the browser that they use."""

    sign_ins: SignIns
    orders: Orders = field(default_factory=Orders)
    source: str = "203.0.113.7"

    def post(self, action: str, body: object, *, headers: Mapping[str, str | None] | None = None) -> Event:
        sent: dict[str, str | None] = {
            "Content-Type": "application/json",
            "Host": HOST,
            "Origin": f"https://{HOST}",
            "Sec-Fetch-Site": "same-origin",
        }
        sent |= headers or {}
        given = {name: value for name, value in sent.items() if value is not None}
        asked = event("api_gateway_post_video")
        asked |= {
            "resource": "/sign-in/{action}",
            "path": f"/sign-in/{action}",
            "pathParameters": {"action": action},
            "body": body if isinstance(body, str) else json.dumps(body),
            "headers": given,
            "multiValueHeaders": {name: [value] for name, value in given.items()},
            "queryStringParameters": None,
            "multiValueQueryStringParameters": None,
        }
        asked["requestContext"]["identity"]["sourceIp"] = self.source
        del asked["requestContext"]["authorizer"]
        return sign_in.handler(asked, Context())

    def ask(self, email: str = ANA, **changes: str) -> Event:
        return self.post("link", {"email": email, **changes})

    def use(self, token: str) -> Event:
        return self.post("session", {"token": token})

    def effect_of(self, key: str) -> str:
        """What the API's authorizer says of a key."""
        answer = authorize.handler(
            event("api_gateway_token_authorizer") | {"authorizationToken": key}, Context()
        )
        (statement,) = answer["policyDocument"]["Statement"]
        return f"{statement['Effect']} {answer.get('context', {}).get('owner')}"


@pytest.fixture
def visitor(keys_table: "Table", answers_table: "Table", monkeypatch: pytest.MonkeyPatch) -> Visitor:
    addresses = SignInAddresses(keys_table)
    addresses.add(ANA, ANA, "shop")
    visitor = Visitor(SignIns(answers_table))
    monkeypatch.setattr(wiring, "sign_in_addresses", lambda: addresses)
    monkeypatch.setattr(wiring, "sign_ins", lambda: visitor.sign_ins)
    monkeypatch.setattr(wiring, "sign_in_orders", lambda: visitor.orders)
    monkeypatch.setenv("MAILED_LINKS", "true")
    monkeypatch.setenv("PUBLIC_URL", "")
    return visitor


def test_a_link_signs_its_owner_in_until_they_sign_out(visitor: Visitor) -> None:
    begun = content(visitor.use(visitor.sign_ins.make_link(ANA, "shop")), 201)
    assert begun.keys() == {"key", "owner", "expires_at"}
    assert begun["owner"] == "shop"
    assert visitor.effect_of(begun["key"]) == "Allow shop"
    assert visitor.post("end", {"key": begun["key"]})["statusCode"] == 204
    assert visitor.effect_of(begun["key"]) == "Deny None"
    assert visitor.post("end", {"key": begun["key"]})["statusCode"] == 204, "it may be repeated"


def test_the_answer_is_the_same_whoever_asks_and_only_the_mail_differs(visitor: Visitor) -> None:
    answers = [visitor.ask(address, language="de-AT") for address in (ANA, EVE)]
    assert answers[0] == answers[1]
    said = content(answers[0], 202)["message"]
    assert (
        said == "If this address can sign in, a link was mailed to it. The link works once, for 15 minutes."
    )
    orders = [(order.address, order.language) for order in visitor.orders.sent]
    assert orders == [(ANA, "de"), (EVE, "de")]


def test_nothing_that_is_answered_or_logged_holds_a_secret_or_an_address(
    visitor: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    token = visitor.sign_ins.make_link(ANA, "shop")
    asked, refused = visitor.ask(), visitor.use("A" * 43)
    key = content(visitor.use(token), 201)["key"]
    again = visitor.use(token)
    visitor.post("end", {"key": key})
    logged = str([vars(record) for record in caplog.records]) + str(sign_in.logger.get_current_keys())
    assert "signed in with a mailed link" in logged
    for secret in (token, key, ANA):
        assert secret not in json.dumps([asked, refused, again])
        assert secret not in logged


def test_an_answer_is_for_nobody_else(visitor: Visitor) -> None:
    token = visitor.sign_ins.make_link(ANA, "shop")
    for answer in (visitor.ask(), visitor.use(token), visitor.use(token)):
        assert header(answer, "Cache-Control") == "no-store"
        assert header(answer, "Referrer-Policy") == "no-referrer"
        assert not [name for name in answer["multiValueHeaders"] if name.startswith("Access-Control")]
        assert "Set-Cookie" not in answer["multiValueHeaders"]


# --- Links that are none ---------------------------------------------------------------------------------


def test_a_used_link_is_answered_as_one_that_never_was(visitor: Visitor) -> None:
    token = visitor.sign_ins.make_link(ANA, "shop")
    assert visitor.use(token)["statusCode"] == 201
    forged = [token[:-1] + ("A" if token[-1] != "A" else "B"), token.swapcase(), f"{token}\n", token[:-1], ""]
    unknown = visitor.use("A" * 43)
    problem(unknown, 403, "link")
    assert [visitor.use(one) for one in (token, *forged)] == [unknown] * (1 + len(forged))


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "{}",
        '{"token": 5}',
        '{"token": null}',
        '{"token": ["x"]}',
        '{"token": "x", "owner": "gallery"}',
    ],
)
def test_a_malformed_request_signs_nobody_in(visitor: Visitor, body: str) -> None:
    answer = visitor.post("session", body)
    assert answer["statusCode"] in {400, 422}
    assert "key" not in json.loads(answer["body"])


def test_a_session_of_one_owner_is_of_no_other(visitor: Visitor) -> None:
    wiring.sign_in_addresses().add(EVE, EVE, "gallery")
    keys = {
        owner: content(visitor.use(visitor.sign_ins.make_link(address, owner)), 201)["key"]
        for address, owner in ((ANA, "shop"), (EVE, "gallery"))
    }
    assert {owner: visitor.effect_of(key) for owner, key in keys.items()} == {
        "shop": "Allow shop",
        "gallery": "Allow gallery",
    }


def test_a_link_for_an_owner_whom_the_address_does_not_sign_in_opens_nothing(visitor: Visitor) -> None:
    key = content(visitor.use(visitor.sign_ins.make_link(ANA, "gallery")), 201)["key"]
    assert visitor.effect_of(key) == "Deny None"


# --- Limits ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", [ANA, EVE])
def test_for_one_address_so_many_links_can_be_asked_for(visitor: Visitor, address: str) -> None:
    for number in range(LINKS_OF_ADDRESS):
        visitor.source = f"203.0.113.{number}"
        assert visitor.ask(address if number else address.upper())["statusCode"] == 202
    visitor.source = "203.0.113.200"
    answer = visitor.ask(address)
    problem(answer, 429, "throttled")
    assert header(answer, "Retry-After") == "900"
    assert len(visitor.orders.sent) == LINKS_OF_ADDRESS
    assert visitor.ask("somebody@example.com")["statusCode"] == 202


@pytest.mark.parametrize(
    ("sources", "elsewhere"),
    [(["203.0.113.7"], "203.0.113.8"), (["2001:db8::1", "2001:db8::2"], "2001:db8:0:1::1")],
    ids=["IPv4", "IPv6"],
)
def test_one_caller_can_ask_for_so_many(visitor: Visitor, sources: list[str], elsewhere: str) -> None:
    answers = []
    for number in range(LINKS_OF_CALLER + 1):
        visitor.source = sources[number % len(sources)]
        answers.append(visitor.ask(f"a{number}@example.com")["statusCode"])
    assert answers == [202] * LINKS_OF_CALLER + [429]
    assert len(visitor.orders.sent) == LINKS_OF_CALLER
    visitor.source = elsewhere
    assert visitor.ask("b@example.com")["statusCode"] == 202


@pytest.mark.parametrize("email", ["ana", "ana@example.com,eve@evil.example", "аna@example.com", "", " "])  # noqa: RUF001
def test_what_is_no_address_is_refused_and_not_counted(visitor: Visitor, email: str) -> None:
    for _ in range(LINKS_OF_CALLER + 1):
        answer = visitor.ask(email)
    assert problem(answer, 422, "invalid-request")["field"] == "email"
    assert visitor.orders.sent == []
    assert visitor.ask()["statusCode"] == 202


# --- Other sites, and stacks without a mailer ------------------------------------------------------------

BODIES = {"link": {"email": ANA}, "session": {"token": "A" * 43}, "end": {"key": "nvs_x"}}


@pytest.mark.parametrize("action", BODIES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": None},
        {"Origin": f"https://{HOST}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_site_asks_for_nothing(visitor: Visitor, action: str, headers: dict[str, str | None]) -> None:
    problem(visitor.post(action, BODIES[action], headers=headers), 403, "foreign-page")
    assert visitor.orders.sent == []


@pytest.mark.parametrize("action", BODIES)
def test_what_a_form_of_another_site_can_send_is_not_read(visitor: Visitor, action: str) -> None:
    for kind in ("text/plain", "application/x-www-form-urlencoded", None):
        answer = visitor.post(action, BODIES[action], headers={"Content-Type": kind})
        problem(answer, 415, "not-json")
    assert visitor.orders.sent == []


def test_a_stack_that_mails_no_links_signs_nobody_in(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = visitor.sign_ins.make_link(ANA, "shop")
    monkeypatch.setenv("MAILED_LINKS", "false")
    for answer in (visitor.ask(), visitor.use(token), visitor.post("elsewhere", {})):
        problem(answer, 404, "not-found")
    assert visitor.orders.sent == []
