"""The guards of the pipeline and of the studio, which share no code, against one corpus."""

from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from safe_http.addresses import special_kind
from studio.media.addresses import Address, is_public

_TESTS = Path(__file__).resolve().parents[1]
ADDRESSES = [
    (row[0], row[1] == "public")
    for line in (_TESTS / "addresses.tsv").read_text("utf-8").splitlines()
    if not line.startswith("#") and (row := line.split("\t"))
]


def pipelines(address: Address) -> bool:
    return special_kind(address) is None


@pytest.mark.parametrize("guard", [pipelines, is_public])
@pytest.mark.parametrize(("address", "public"), ADDRESSES)
def test_what_is_a_public_hosts_address(
    guard: Callable[[Address], bool], address: str, *, public: bool
) -> None:
    assert guard(ip_address(address)) is public


def test_the_corpus_holds_both_kinds() -> None:
    assert sum(public for _, public in ADDRESSES) >= 20
    assert sum(not public for _, public in ADDRESSES) >= 50
