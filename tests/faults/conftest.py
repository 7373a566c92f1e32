from collections.abc import Iterator

import pytest

from infra.local.cloud import CloudSettings, embedded_cloud
from tests.faults.backend import Backend, scripted_backend
from tests.faults.ledger_gate import ledger_gate, open_to_all
from tests.faults.pipeline import Pipeline


@pytest.fixture(scope="session")
def backend() -> Iterator[Backend]:
    with scripted_backend() as backend:
        yield backend


@pytest.fixture(scope="session")
def deployed(backend: Backend, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    settings = CloudSettings(
        home=tmp_path_factory.mktemp("cloud"),
        nemo_api_url=backend.url,
        wait_scale=0.01,
        trusted_hosts=(backend.files_url.removeprefix("http://"),),
    )
    with embedded_cloud(settings) as endpoints, ledger_gate(endpoints.aws_endpoint_url) as gate:
        pipeline = Pipeline(endpoints, backend, gate)
        pipeline.hasten()
        yield pipeline


@pytest.fixture
def pipeline(deployed: Pipeline) -> Iterator[Pipeline]:
    """The deployed pipeline; whatever the script, the protocol must have been kept."""
    faults = len(deployed.backend.faults)
    yield deployed
    deployed.gate.guard = open_to_all
    assert deployed.backend.faults[faults:] == []
