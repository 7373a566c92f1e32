from collections.abc import Iterator
from dataclasses import replace

import pytest

from infra.local.cloud import embedded_cloud
from tests.faults.channels import ChatChannel, chat_channel, other_channels
from tests.faults.event_bus import BUS
from tests.faults.leaks import leaks
from tests.faults.ledger_gate import ledger_gate, open_to_all
from tests.faults.pipeline import GatedPipeline
from tests.faults.scripted import scripted
from tests.support.scripted_backend.server import ScriptedBackend, scripted_backend


@pytest.fixture(scope="session")
def backend() -> Iterator[ScriptedBackend]:
    with scripted_backend() as backend:
        yield backend


@pytest.fixture(scope="session")
def slack() -> Iterator[ChatChannel]:
    with chat_channel() as channel:
        yield channel


@pytest.fixture(scope="session")
def others() -> Iterator[list[ChatChannel]]:
    with other_channels() as channels:
        yield channels


@pytest.fixture(scope="session")
def deployed(
    backend: ScriptedBackend,
    slack: ChatChannel,
    others: list[ChatChannel],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[GatedPipeline]:
    settings = scripted(tmp_path_factory.mktemp("cloud"), backend, slack, *others)
    settings = replace(settings, parameters={**settings.parameters, "EventBus": BUS})
    with embedded_cloud(settings) as endpoints, ledger_gate(endpoints.aws_endpoint_url) as gate:
        pipeline = GatedPipeline(endpoints, backend, slack, gate, *others)
        pipeline.hasten()
        yield pipeline
        assert leaks(pipeline) == []


@pytest.fixture
def pipeline(deployed: GatedPipeline) -> Iterator[GatedPipeline]:
    """The deployed pipeline; whatever the script, the protocol must have been kept."""
    faults = len(deployed.backend.faults)
    yield deployed
    deployed.gate.guard = open_to_all
    for channel in deployed.channels.values():
        channel.refusals.clear()
    assert deployed.backend.faults[faults:] == []
