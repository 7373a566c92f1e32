"""The generated modules are current."""

import pytest

from infra import sdk_generator


def test_the_generated_modules_are_current() -> None:
    stale = [
        path.name
        for path, text in sdk_generator.generated().items()
        if path.read_text(encoding="utf-8") != text
    ]
    assert not stale, "run: make openapi"


@pytest.mark.parametrize("rest", ["async ", "await ", "Async", "aiter", "aclose"])
def test_nothing_asynchronous_is_left_in_the_sync_client(rest: str) -> None:
    code = sdk_generator.CLIENT.read_text(encoding="utf-8").partition('"""\n')[2]
    assert rest not in code
