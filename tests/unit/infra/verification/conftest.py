from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra.simulated_stack import SimulatedStack
from infra.verification.target import Target
from infra.verification.template import EVERYTHING, transformed

SESSION = boto3.Session("id", "secret", region_name="eu-central-1")


@pytest.fixture
def target() -> Target:
    """AWS: clients of it have to be stubbed, since there is no socket."""
    return Target(SESSION, None, "111122223333", "aws")


@pytest.fixture
def emulator() -> Target:
    return Target(SESSION, "http://127.0.0.1:9", "000000000000", "aws")


@pytest.fixture
def stubbed() -> Callable[[Target, str], Stubber]:
    """Makes a service's client answer as it is told, and with nothing else."""

    def stub(target: Target, service: str) -> Stubber:
        stubber = Stubber(target.client(service))
        stubber.activate()
        return stubber

    return stub


@pytest.fixture(scope="session")
def stack() -> SimulatedStack:
    """The stack of the template with every option on."""
    template: dict[str, Any] = transformed(SESSION, EVERYTHING)
    return SimulatedStack(template, EVERYTHING, name="nemo-verify-0a1b2c3d")
