from typing import Any

import pytest
from aws_lambda_powertools.utilities.typing import LambdaContext

from aws.api_keys import KeyHolder
from handlers import wiring
from handlers.http.authorize import handler
from tests.events.payloads import event


class Keys:
    """One key, of Ann's, that only looks."""

    def holder_of(self, key: str) -> KeyHolder | None:
        return KeyHolder("ann", ("read",)) if key == "nvp_key" else None


@pytest.fixture(autouse=True)
def _one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wiring, "api_keys", Keys)


def _statement(answer: dict[str, Any]) -> tuple[str, list[str]]:
    (statement,) = answer["policyDocument"]["Statement"]
    assert statement["Action"] == "execute-api:Invoke"
    return statement["Effect"], statement["Resource"]


def test_a_key_opens_all_routes_of_this_stage_in_its_owners_name(context: LambdaContext) -> None:
    answer = handler(event("api_gateway_token_authorizer"), context)
    effect, resources = _statement(answer)
    assert effect == "Allow"
    assert resources == ["arn:aws:execute-api:eu-central-1:123456789012:a1b2c3d4e5/live/*/*"]
    assert (answer["principalId"], answer["context"]) == ("ann", {"owner": "ann", "scopes": "read"})


@pytest.mark.parametrize(
    ("partition", "region"),
    [("aws-us-gov", "us-gov-west-1"), ("aws-cn", "cn-north-1"), ("aws-eusc", "eusc-de-east-1")],
)
@pytest.mark.parametrize("key", ["nvp_key", "nvp_other"])
def test_the_policy_is_of_the_partition_of_the_request(
    context: LambdaContext, partition: str, region: str, key: str
) -> None:
    arn = f"arn:{partition}:execute-api:{region}:123456789012:a1b2c3d4e5/live/GET/v1/videos"
    request = event("api_gateway_token_authorizer") | {"methodArn": arn, "authorizationToken": key}
    _, resources = _statement(handler(request, context))
    assert resources == [f"arn:{partition}:execute-api:{region}:123456789012:a1b2c3d4e5/live/*/*"]


@pytest.mark.parametrize("key", ["", "nvp_other", "nvp_key ", "NVP_KEY"])
def test_any_other_key_opens_nothing(context: LambdaContext, key: str) -> None:
    answer = handler(event("api_gateway_token_authorizer") | {"authorizationToken": key}, context)
    assert _statement(answer)[0] == "Deny"
    assert "owner" not in (answer.get("context") or {})


def test_the_key_is_neither_answered_nor_logged(
    context: LambdaContext, capsys: pytest.CaptureFixture[str]
) -> None:
    for key in ("nvp_key", "nvp_other"):
        answer = handler(event("api_gateway_token_authorizer") | {"authorizationToken": key}, context)
        assert key not in str(answer)
        assert key not in "".join(capsys.readouterr())
