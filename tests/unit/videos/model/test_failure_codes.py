"""Every failure has a stable code of one list, which its class carries and the documents tell."""

import importlib
import json
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import pytest

import videos
from backend.errors import NemoVideoError, RateLimitedError
from videos.model.errors import INTERNAL, INTERRUPTED, VideoError, problem_of
from videos.model.failure_codes import FailureCode
from videos.model.records import Problem

Kind = TypeVar("Kind")
DOCS = Path(__file__).parents[4] / "docs"


def _kinds(base: type[Kind]) -> Iterator[type[Kind]]:
    for kind in base.__subclasses__():
        yield from (kind, *_kinds(kind))


for module in pkgutil.walk_packages(videos.__path__, "videos."):
    importlib.import_module(module.name)
OF_VIDEOS, OF_BACKEND = sorted(_kinds(VideoError), key=str), sorted(_kinds(NemoVideoError), key=str)


@pytest.mark.parametrize("kind", OF_VIDEOS, ids=lambda kind: kind.__name__)
def test_an_error_of_a_video_carries_its_code(kind: type[VideoError]) -> None:
    problem = kind("It failed.", advice="Do this.").problem
    assert problem.code is kind.code
    assert isinstance(kind.code, FailureCode)
    assert kind.code is not FailureCode.FAILED, "a general code says nothing"


@pytest.mark.parametrize("kind", OF_BACKEND, ids=lambda kind: kind.__name__)
def test_an_error_of_the_video_service_carries_its_code(kind: type[NemoVideoError]) -> None:
    error = kind("No.", retry_after=3) if kind is RateLimitedError else kind("No.")
    assert problem_of(error).code == kind.slug
    assert problem_of(error).code is not FailureCode.FAILED


def test_each_code_is_the_code_of_something() -> None:
    raised = {kind.code for kind in OF_VIDEOS} | {FailureCode(kind.slug) for kind in OF_BACKEND}
    assert raised | {INTERNAL.code, INTERRUPTED.code, FailureCode.FAILED} == set(FailureCode)


def test_a_code_of_another_release_is_read_as_the_general_one() -> None:
    kept = {"code": "too_beautiful", "message": "It was.", "advice": "Wait."}
    assert Problem.model_validate(kept).code is FailureCode.FAILED


def test_the_documents_list_each_code_with_its_meaning() -> None:
    section = (DOCS / "api.md").read_text().split("## Failure codes")[1].split("\n## ")[0]
    listed = re.findall(r"^\| `(\w+)` \| (.+?) \|$", section, re.MULTILINE)
    assert listed == [(code.value, code.meaning) for code in FailureCode]
    schemas = json.loads((DOCS / "openapi.json").read_text())["components"]["schemas"]
    assert schemas["FailureCode"]["enum"] == list(FailureCode)
