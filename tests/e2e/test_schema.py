"""The OpenAPI document and the deployed API say the same: generated requests, every check."""

import json
import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from handlers.http.app import document
from infra.local.cloud import CloudSettings, embedded_cloud
from tests.e2e.conftest import Pipeline
from tests.support.waiting import HUNG_SECONDS

pytestmark = pytest.mark.thorough

EXAMPLES = int(os.environ.get("SCHEMA_EXAMPLES", "125"))
"""By operation: with eighteen operations, 2,250 requests."""

# What no schema can say, such as that an upload exists, is refused with 422.
ACCEPTED = {"expected-statuses": ["2xx", 304, 401, 403, 404, 409, 422, 429]}
# A body that breaks a rule of the schema may also be refused for its size, before it is read.
REFUSED = {"expected-statuses": [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429]}
CHECKS = {"positive_data_acceptance": ACCEPTED, "negative_data_rejection": REFUSED}
# API Gateway itself answers QUERY and TRACE, for it routes no such methods.
PHASES = {"coverage": {"unexpected-methods": ["get", "put", "post", "delete", "patch", "options"]}}
# Of a domain that nobody can have, because the API asks there.
ADDRESSES = st.from_regex(
    r"https?://([a-z0-9]{1,20}\.){1,3}test(:[0-9]{2,4})?(/[a-zA-Z0-9._~%?=&-]{0,30})?", fullmatch=True
)
schemathesis.openapi.format("uri", ADDRESSES)
DO_NOTHING = {"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}}
config = schemathesis.Config.from_dict({"checks": CHECKS, "phases": PHASES})
made: list[str] = []
schema = schemathesis.openapi.from_dict(json.loads(document()), config=config)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """A cloud of its own: the many videos that come of generated requests would use up another's credits.

    Its workflows end at once, because no request depends on what they do, and rendering takes the processor.
    """
    settings = CloudSettings(home=tmp_path_factory.mktemp("cloud"), wait_scale=0.05)
    with embedded_cloud(settings) as endpoints:
        workflows = endpoints.access.client("stepfunctions")
        for workflow in workflows.list_state_machines()["stateMachines"]:
            workflows.update_state_machine(
                stateMachineArn=workflow["stateMachineArn"], definition=json.dumps(DO_NOTHING)
            )
        yield Pipeline(endpoints)


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_no_generated_request_gets_an_undocumented_answer(
    pipeline: Pipeline, case: schemathesis.Case[Any]
) -> None:
    headers = {"x-api-key": pipeline.endpoints.api_key}
    made.append(case.operation.label)
    case.call_and_validate(base_url=pipeline.endpoints.api_url, headers=headers, timeout=HUNG_SECONDS)


@pytest.mark.skipif("SCHEMA_EXAMPLES" in os.environ, reason="another number was asked for")
def test_enough_requests_were_made() -> None:
    assert len(made) >= 2000
    assert len(set(made)) == sum(1 for _ in schema.get_all_operations())
