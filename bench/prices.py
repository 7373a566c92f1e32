"""What AWS asks, from `prices.toml`."""

import tomllib
from pathlib import Path
from typing import Any

_TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("prices.toml").read_text())
PLACE = f"{_TABLE['region']}, {_TABLE['as_of']}"


def price(service: str, unit: str) -> float:
    """US dollars for one unit.

    Raises:
        KeyError: The table does not have it.
    """
    return float(_TABLE[service][unit])


def lambda_seconds(seconds: float, memory_mb: int) -> float:
    """US dollars for so many seconds of a function of that memory."""
    return seconds * memory_mb / 1024 * price("lambda", "gb_second")
