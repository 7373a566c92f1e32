import inspect

import pytest

from backend import errors
from backend.errors import NemoVideoError

KINDS = [kind for _, kind in inspect.getmembers(errors, inspect.isclass) if issubclass(kind, NemoVideoError)]


@pytest.mark.parametrize("kind", KINDS)
def test_stands_in_the_tree_and_advises(kind: type[NemoVideoError]) -> None:
    assert kind.__name__ in (errors.__doc__ or "")
    assert kind.advice.endswith(".")


def test_the_tree_is_drawn_as_it_is() -> None:
    lines = [line[4:] for line in (errors.__doc__ or "").splitlines() if "Error" in line]
    drawn: dict[str, str] = {}
    above: list[str] = []
    for line in lines:
        name = next(word for word in line.split() if word.endswith("Error"))
        depth = line.index(name) // 4
        above[depth:] = [name]
        if depth:
            drawn[name] = above[depth - 1]
    assert drawn == {kind.__name__: kind.__mro__[1].__name__ for kind in KINDS if kind is not NemoVideoError}


def test_only_what_never_began_is_refused() -> None:
    assert {kind.__name__ for kind in KINDS if kind.refused} == {
        "NotSentError",
        "TokenExpiredError",
        "SessionNotFoundError",
        "OutOfCreditsError",
        "UnsupportedFileError",
        "FileTooLargeError",
        "ClientIdMissingError",
        "ExportBlockedError",
        "RateLimitedError",
    }


def test_an_instance_may_differ_from_its_kind() -> None:
    error = errors.TokenExpiredError("no", code=1001, retryable=True, refused=False, advice="Again.")

    assert (str(error), error.code, error.retryable, error.refused, error.advice) == (
        "no",
        1001,
        True,
        False,
        "Again.",
    )
    assert errors.TokenExpiredError.retryable is False
