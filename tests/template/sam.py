"""`template.yaml` as data: short forms such as `!Ref` read as their long ones."""

from functools import cache
from pathlib import Path
from typing import Any

from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE_FILE = ROOT / "template.yaml"

Properties = dict[str, Any]


@cache
def read_template() -> dict[str, Any]:
    """The template, read once: not to be changed."""
    read: dict[str, Any] = yaml_parse(TEMPLATE_FILE.read_text())
    return read


def resources(kind: str) -> dict[str, Properties]:
    """The properties of the resources of one type, by logical id."""
    return {
        name: item["Properties"]
        for name, item in read_template()["Resources"].items()
        if item["Type"] == kind
    }


def properties(logical_id: str) -> Properties:
    """One resource's properties."""
    found: Properties = read_template()["Resources"][logical_id]["Properties"]
    return found
