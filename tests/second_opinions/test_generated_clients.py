"""Clients that are generated from the OpenAPI document compile under strict settings."""

from pathlib import Path

import pytest

from tests.second_opinions.generated_clients import GENERATORS


@pytest.mark.thorough
@pytest.mark.parametrize("generator", GENERATORS)
def test_a_generated_client_compiles(generator: str, tmp_path: Path) -> None:
    assert GENERATORS[generator](tmp_path)
