"""What people get, compared with files that people have read (`tests.notifications.preview --golden`)."""

from pathlib import Path

import pytest

from tests.notifications.channels import files_of, files_of_mail
from tests.notifications.samples import announcements, sign_in_mails

GOLDEN = Path(__file__).parent / "golden"
ALL = announcements()
SIGN_IN = sign_in_mails()


@pytest.mark.parametrize("name", ALL)
def test_each_channel_gets_what_was_read_and_found_good(name: str) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / name).iterdir()}
    assert files_of(ALL[name]) == kept


@pytest.mark.parametrize("name", SIGN_IN)
def test_who_signs_in_gets_the_mail_that_was_read_and_found_good(name: str) -> None:
    kept = {path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / name).iterdir()}
    assert files_of_mail(SIGN_IN[name]) == kept


def test_nothing_is_kept_that_nobody_gets() -> None:
    assert {path.name for path in GOLDEN.iterdir()} == {*ALL, *SIGN_IN}
