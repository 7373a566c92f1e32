from collections.abc import Iterator

import pytest

from infra.local.cloud import embedded_cloud
from tests.faults.backend import Backend, scripted_backend
from tests.faults.ledger_gate import ledger_gate, open_to_all
from tests.faults.pipeline import Pipeline
from tests.faults.scripted import scripted
from tests.faults.slack import SlackChannel, slack_channel


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    with scripted_backend() as backend:
        yield backend


@pytest.fixture(scope="session")
def slack() -> Iterator[SlackChannel]:
    with slack_channel() as channel:
        yield channel


@pytest.fixture(scope="session")
def deployed(
    backend: Backend, slack: SlackChannel, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Pipeline]:
    settings = scripted(tmp_path_factory.mktemp("cloud"), backend, slack)
    with embedded_cloud(settings) as endpoints, ledger_gate(endpoints.aws_endpoint_url) as gate:
        pipeline = Pipeline(endpoints, backend, slack, gate)
        pipeline.hasten()
        yield pipeline


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    """The deployed pipeline; whatever the script, the protocol must have been kept."""
    faults = len(deployed.backend.faults)
    yield deployed
    deployed.gate.guard = open_to_all
    deployed.slack.refusals.clear()
    assert deployed.backend.faults[faults:] == []
