"""Which tests run when and in which process, and a real browser for those that look at pages.

`make test` runs what is not marked `thorough`. `make test-all` runs the rest after it.

The browser is the system's Chromium, or the one that CHROMIUM names. Where there is none these tests are
skipped, and say so; under CI=true that is a failure.
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import botocore.session
import pytest
from botocore.loaders import create_loader
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from tests.browsers import find_browser, required
from tests.support.selection import COLLECTED, group_of, names_thorough_tests, next_group

# Google's own build comes first, since it always plays H.264; not every build of Chromium does.
NAMES = ("google-chrome", "chromium", "chromium-headless-shell", "chrome")
TESTS = Path(__file__).parent
UNIT_TESTS = TESTS / "unit"
GENERATED = TESTS / "e2e" / "test_schema.py"
# An example that is slow on a busy machine is no failure. One that hangs ends at the timeout of pytest.
settings.register_profile("any speed", deadline=None)
settings.load_profile("any speed")
FAILURE_LINES = 15
# Unit tests come first: see `next_group`. Then comes what takes longest, so that no process waits for another
# in the end.
ORDER = ("unit", "e2e", "faults", "policies", "deployment", "contract", "extension")


class GroupScheduling(LoadFileScheduling):  # type: ignore[misc]  # xdist has no types
    """Keep the tests of a group or file in one process.

    Half of the processes begin with unit tests, which calculate. The others begin with what mostly waits.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _reschedule(self, node: WorkerController) -> None:
        # A process begins its last test when it knows what comes after it. What is given to it earlier waits.
        if not self.workqueue or self._pending_of(self.assigned_work[node]) <= 1:
            super()._reschedule(node)

    def _assign_work_unit(self, node: WorkerController) -> None:
        prefers_sockets = self.nodes.index(node) % 2 == 0
        group = next_group(self.workqueue, self.assigned_work[node], prefers_sockets=prefers_sockets)
        if group is None:
            node.shutdown()
        else:
            self.workqueue.move_to_end(group, last=False)
            super()._assign_work_unit(node)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> GroupScheduling:
    return GroupScheduling(config, log)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave out files of which no test is run: each process collects all of them, for 30 s."""
    match config.option.markexpr:
        case "not thorough":
            return collection_path == GENERATED or None
        case "thorough or examples":
            return (collection_path.match("test_*.py") and not names_thorough_tests(collection_path)) or None
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    config.stash[COLLECTED] = list(items)
    items.sort(key=_place)
    for item in items:
        # The tests that schemathesis generates share one id, and xdist would run one of them.
        if operation := getattr(item, "operation_label", None):
            item._id = item.id.with_params(operation)  # noqa: SLF001


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Show the end of a failure at once. A whole run takes long, and may be stopped before its summary."""
    if report.failed and "PYTEST_XDIST_WORKER" not in os.environ:
        end = report.longreprtext.splitlines()[-FAILURE_LINES:]
        print("", f"FAILED {report.nodeid}", *end, sep="\n", flush=True)  # noqa: T201 - a test run's own output


def _place(item: pytest.Item) -> int:
    room = item.path.relative_to(TESTS).parts[0]
    return ORDER.index(room) if room in ORDER else len(ORDER)


@pytest.fixture(scope="session", autouse=True)
def _descriptions_are_read_once() -> Iterator[None]:
    """Else each session of boto3 reads those of its services anew, most of what a client costs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.session, "create_loader", cache(create_loader))
        yield


@pytest.fixture(scope="module")  # while it is open its event loop runs, and asyncio.run() is refused
def browser() -> Iterator[Browser]:
    path = required(find_browser(*NAMES))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def artifacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where screenshots are kept: the folder that ARTIFACTS names, or a temporary one."""
    folder = Path(os.environ["ARTIFACTS"]) if "ARTIFACTS" in os.environ else tmp_path_factory.mktemp("shots")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
