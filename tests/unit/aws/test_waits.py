from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from aws.waits import LEASE_SECONDS, LEASES_PER_OWNER, WaitLeases

if TYPE_CHECKING:
    from types_boto3_dynamodb.service_resource import Table


def test_an_owner_has_so_many_leases_and_another_has_as_many(answers_table: "Table") -> None:
    leases = WaitLeases(answers_table)
    with ExitStack() as held:
        given = [held.enter_context(leases.lease("ann")) for _ in range(LEASES_PER_OWNER + 1)]
        assert given == [True] * LEASES_PER_OWNER + [False]
        assert held.enter_context(leases.lease("ben"))
    assert answers_table.scan()["Items"] == []


def test_a_lease_is_free_again_when_its_request_fails(answers_table: "Table") -> None:
    leases = WaitLeases(answers_table)
    for _ in range(LEASES_PER_OWNER + 1):
        with suppress(ValueError), leases.lease("ann") as may_wait:
            assert may_wait
            raise ValueError("of the request")


def test_the_lease_of_a_killed_function_expires(answers_table: "Table") -> None:
    now = 1_000_000.0
    leases = WaitLeases(answers_table, lambda: now)
    with ExitStack() as killed:
        for _ in range(LEASES_PER_OWNER):
            killed.enter_context(leases.lease("ann"))
        now += LEASE_SECONDS + 1
        with leases.lease("ann") as may_wait:
            assert may_wait
            killed.close()  # those that live on release only what is their own
            assert answers_table.scan()["Count"] == 1
