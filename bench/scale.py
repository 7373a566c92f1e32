"""How it goes when many files are dropped at once: `python -m bench.scale [--drops 100 1000 5000]`.

For each number a new embedded cloud is started, with the scripted backend behind it; all files are dropped
as fast as they can be put, and then it is waited until nothing moves any more. Counted are executions, ends
and announcements, so that nothing is lost or made twice; the seconds, which are the embedded cloud's; the
memory of the largest process of each function, and of the cloud itself; and what AWS bills by the piece. The
five thousand take half an hour on two cores.
"""

import argparse
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

import psutil

from bench.document import ROOT, table, write
from bench.plots import BLUE, GREY, ORANGE, plot
from bench.prices import price
from infra.local.cloud import EMBEDDED_AWS, MB, embedded_cloud
from tests.e2e.batches import memory_peaks
from tests.faults.channels import chat_channel
from tests.faults.endurance import Outcome, await_rest, drop, outcome_of
from tests.faults.ledger_gate import ledger_gate
from tests.faults.pipeline import THROTTLED, GatedPipeline
from tests.faults.scripted import scripted
from tests.support.scripted_backend.answers import says
from tests.support.scripted_backend.server import Script, scripted_backend

SIZES = (100, 1000, 5000)
PICTURE = ROOT / "docs" / "scale.svg"
SAMPLE = 20


@dataclass(frozen=True)
class Came:
    """What came of one number of drops."""

    outcome: Outcome
    put_seconds: float
    seconds: float
    transitions: float
    throttled: float
    cloud_mb: float
    function_mb: float


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--drops", type=int, nargs="+", default=SIZES)
    came: dict[int, Came] = {}
    for drops in parser.parse_args().drops:  # the largest takes longest: what is known is written before
        came[drops] = _measured(drops)
        _write(came)
        _plot(came)


def _measured(drops: int) -> Came:
    with tempfile.TemporaryDirectory() as home, scripted_backend() as backend, chat_channel() as slack:
        backend.play(Script(says("Done."), raw_reads=0, credits_left=10**9))
        settings = replace(scripted(Path(home), backend, slack), wait_scale=1)
        with embedded_cloud(settings) as endpoints, ledger_gate(endpoints.aws_endpoint_url) as gate:
            pipeline = GatedPipeline(endpoints, backend, slack, gate)
            began = time.monotonic()
            jobs = drop(pipeline, drops, within_seconds=0)
            put = time.monotonic() - began
            await_rest(pipeline, lambda line: sys.stderr.write(f"\r{drops}: {line}   "))
            seconds = time.monotonic() - began
            sys.stderr.write("\n")
            sample = jobs[:: max(drops // SAMPLE, 1)]
            return Came(
                outcome=outcome_of(pipeline, jobs),
                put_seconds=put,
                seconds=seconds,
                transitions=statistics.mean(
                    pipeline.transitions(pipeline.execution_arn(ref)) for ref in sample
                ),
                throttled=statistics.mean(pipeline.errors_of(ref)[THROTTLED] for ref in sample),
                cloud_mb=_cloud_mb(),
                function_mb=max(peak.held for peak in memory_peaks().values()),
            )


def _cloud_mb() -> float:
    """What the embedded cloud's own process holds."""
    clouds = [p for p in psutil.Process().children(recursive=True) if str(EMBEDDED_AWS) in p.cmdline()]
    return max(cloud.memory_info().rss for cloud in clouds) / MB


def _write(came: dict[int, Came]) -> None:
    rows = [
        [
            f"{drops:,}",
            f"{one.outcome.statuses['ready']:,}",
            f"{one.outcome.executions.total():,}",
            f"{sum(one.outcome.announcements):,}",
            f"{drops - one.outcome.ends.count(1) + one.outcome.announcements.count(0)}",
            f"{one.seconds:.0f}",
            f"{one.seconds / drops:.2f}",
            f"{one.function_mb:.0f}",
            f"{one.cloud_mb:.0f}",
            f"{one.transitions:.1f}",
            f"{one.throttled:.0f}",
            f"{drops * one.transitions * price('step_functions', 'transition'):.2f}",
        ]
        for drops, one in came.items()
    ]
    head = ["drops", "ready", "executions", "announced", "lost or twice", "seconds", "for each"]
    head += ["MB of a function, at most", "MB of the embedded cloud"]
    head += ["transitions, each", "throttled tries, each", "dollars for all transitions"]
    broken = sorted({promise for one in came.values() for promise in one.outcome.broken})
    write("scale", table(head, rows) + f"\nPromises broken: {'; '.join(broken) or 'none'}.\n")


def _plot(came: dict[int, Came]) -> None:
    drops = list(came)
    with plot(PICTURE, x="drops at once", y="seconds until all are announced") as axes:
        seconds = [one.seconds for one in came.values()]
        rate = seconds[0] / drops[0]
        axes.plot([0, drops[-1]], [0, rate * drops[-1]], "--", color=GREY, label=f"{rate:.2f} s for each")
        axes.plot(drops, seconds, "o-", color=BLUE, label="measured")
        axes.plot(
            drops, [one.put_seconds for one in came.values()], "o-", color=ORANGE, label="to put the files"
        )
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)


if __name__ == "__main__":
    main()
