"""`template.yaml` as data: short forms such as `!Ref` read as their long ones."""

import copy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).parents[2]
TEMPLATE_FILE = ROOT / "template.yaml"

Properties = dict[str, Any]


@cache
def read_template() -> dict[str, Any]:
    """The template, read once: not to be changed."""
    read: dict[str, Any] = yaml_parse(TEMPLATE_FILE.read_text())
    return read


@cache
def translated(**chosen: str) -> dict[str, Any]:
    """What SAM makes of the template with these parameters, once its code has been uploaded somewhere."""
    template = copy.deepcopy(read_template())
    for resource in template["Resources"].values():
        for uploaded in {"CodeUri", "ContentUri", "DefinitionUri"} & resource["Properties"].keys():
            resource["Properties"][uploaded] = "s3://bucket/key"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        parameters = {name: item["Default"] for name, item in template["Parameters"].items()} | chosen
        made: dict[str, Any] = Translator({}, Parser()).translate(template, parameters)
    return made


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
