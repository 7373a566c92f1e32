"""Many drops in bad weather: `python -m bench.endurance [--drops 1000] [--within 60]`.

On the embedded cloud, permissions enforced: the scripted backend answers 10 % of its calls with errors,
resets 1 % of the connections, half of them after the work is done, and stalls; a worker is killed
every few hundred calls to AWS, whatever it does; and of the functions' calls to AWS some are refused, reset,
delayed, or done without an answer, of two attempts each. The table goes into docs/reliability.md. A thousand
take half an hour on two cores.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from bench.document import RELIABILITY, table, write
from tests.faults.endurance import Toll, Trial, endure


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.endurance", description=__doc__)
    parser.add_argument("--drops", type=int, default=1000)
    parser.add_argument("--within", type=float, default=60, help="seconds within which all are dropped")
    parser.add_argument(
        "--kill-every", type=int, default=375, help="calls to AWS from one killed worker to the next"
    )
    parser.add_argument("--seed", type=int, default=8)
    options = parser.parse_args()
    trial = Trial(options.drops, options.within, options.kill_every, options.seed)
    with tempfile.TemporaryDirectory() as home:
        toll = endure(trial, Path(home), lambda line: sys.stderr.write(f"\r{line}   "))
    sys.stderr.write("\n")
    write("endurance", _report(trial, toll), RELIABILITY)


def _report(trial: Trial, toll: Toll) -> str:
    came = toll.outcome
    statuses = ", ".join(f"{count} {status}" for status, count in came.statuses.most_common())
    backend, aws = (
        ", ".join(f"{count:,} {kind}" for kind, count in mishaps.most_common())
        for mishaps in (toll.backend_mishaps, toll.aws_mishaps)
    )
    rows = [
        ["videos that ended once", f"{came.ends.count(1)} of {trial.drops}: {statuses}"],
        ["failed for", ", ".join(f"{count} {code}" for code, count in came.reasons.most_common())],
        ["ended twice, or never", f"{trial.drops - came.ends.count(1)}"],
        ["instructions sent twice", f"{sum(count > 1 for count in came.messages)}"],
        ["not announced", f"{came.announcements.count(0)}"],
        ["announced again, under the same id", f"{came.copies}"],
        ["mails missing, and sent twice", f"{came.mails.count(0)}, {sum(count > 1 for count in came.mails)}"],
        *(
            [f"{what} missing, and sent twice", f"{counts.count(0)}, {sum(count > 1 for count in counts)}"]
            for what, counts in (
                *((f"{name} posts", posts) for name, posts in came.posts.items()),
                ("events on the bus", came.bus_events),
            )
        ),
        ["dead letters", f"{came.dead_letters}"],
        ["calls to the backend, and mishaps", f"{toll.backend_calls:,}: {backend}"],
        ["calls to AWS, and mishaps", f"{toll.aws_calls:,}: {aws}"],
        ["workers killed", f"{toll.kills.total()}, of {len(toll.kills)} functions"],
        ["minutes", f"{toll.seconds / 60:.0f}"],
    ]
    broken = "; ".join(came.broken) or "none"
    return (
        f"{trial.drops} drops within {trial.within_seconds:.0f} s, seed {trial.seed}, a worker killed every"
        f" {trial.kill_every_calls:,} calls to AWS. Promises broken: {broken}.\n\n"
        + table(["what", "figure"], rows)
    )


if __name__ == "__main__":
    main()
