"""Payloads as AWS sends them, with made-up names and ids."""

import json
from pathlib import Path
from typing import Any

Event = dict[str, Any]


def event(name: str) -> Event:
    """The payload of that name, fresh at each call."""
    payload: Event = json.loads(Path(__file__).with_name(f"{name}.json").read_text())
    return payload
