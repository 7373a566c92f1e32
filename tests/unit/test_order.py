import pytest

from tests.conftest import UNIT_TESTS


def test_no_embedded_cloud_lives_while_sockets_are_taken_away(request: pytest.FixtureRequest) -> None:
    """Its mailbox would want one now and then, and fail whichever unit test runs at that moment."""
    are_unit_tests = [UNIT_TESTS in item.path.parents for item in request.session.items]
    assert are_unit_tests == sorted(are_unit_tests, reverse=True)
