"""How long a batch takes by its rows: `python -m bench.batches [--studio] [--rows 50 200 2000] [--plot]`.

On the warm embedded cloud, batch after batch, each row a video of its own: from the moment at which the file
was dropped to the one at which its results were there. Behind it is the scripted backend of the tests, which
works a tenth of a second for each, or with `--studio` the studio, which renders for real. While it runs, the
generations at once are counted, and at the end the memory that each function has held.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from infra.local.cloud import CloudSettings, embedded_cloud
from tests.e2e.batches import (
    GENERATIONS_AT_ONCE,
    PICTURE,
    Batches,
    Generations,
    batches,
    limit_generations,
    memory_peaks,
)
from tests.faults.backend import scripted_backend
from tests.faults.clip import picture

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

ROWS = (50, 200, 2000)
ROWS_AT_ONCE = 10
PICTURES = Path(__file__).parents[1] / "docs" / "batches.png"
SMALLEST = "Make a 3 second square video."


def main() -> None:
    """Measure and print, and plot if asked to."""
    parser = argparse.ArgumentParser(prog="python -m bench.batches", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--studio", action="store_true", help="render for real")
    parser.add_argument("--plot", action="store_true", help=f"write {PICTURES.name} anew")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, _pipeline(Path(home), studio=options.studio) as pipeline:
        _seconds(pipeline, ROWS_AT_ONCE, "warm-up")
        taken = {rows: _seconds(pipeline, rows, str(number)) for number, rows in enumerate(options.rows)}
        _print(taken, pipeline)
    if options.plot:
        plot(taken)


@contextlib.contextmanager
def _pipeline(home: Path, *, studio: bool) -> Iterator[Batches]:
    if not studio:
        with batches(home, rows_at_once=ROWS_AT_ONCE) as pipeline:
            yield pipeline
        return
    settings = CloudSettings(home=home, wait_scale=0.1, rows_at_once=ROWS_AT_ONCE)
    with embedded_cloud(settings) as endpoints, scripted_backend() as unused:
        s3 = endpoints.access.client("s3")
        s3.put_object(Bucket=endpoints.inbox_bucket, Key=PICTURE, Body=picture())
        limit_generations(endpoints)
        yield Batches(endpoints, unused, Generations())


def _seconds(pipeline: Batches, rows: int, folder: str) -> float:
    """From the drop to the results; all rows have to be ready."""
    body = "file,instruction\n" + f"{PICTURE},{SMALLEST}\n" * rows
    began = time.perf_counter()
    key = pipeline.drop(f"{folder}/batch.csv", body.encode())
    while (results := pipeline.results(key)) is None:
        _count_generations(pipeline)
        time.sleep(0.2)
    taken = time.perf_counter() - began
    statuses = Counter(row["status"] for row in results)
    if statuses != {"ready": rows}:
        raise RuntimeError(f"of {rows} rows: {dict(statuses)}; {results[:3]}")
    return taken


def _count_generations(pipeline: Batches) -> None:
    """The studio does not count; a message that a worker holds is a generation."""
    held: Literal["ApproximateNumberOfMessagesNotVisible"] = "ApproximateNumberOfMessagesNotVisible"
    sqs: SQSClient = pipeline.endpoints.access.client("sqs")
    queue = pipeline.endpoints.generation_queue_url
    answer = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=[held])
    counted = pipeline.generations
    counted.most_at_once = max(counted.most_at_once, int(answer["Attributes"][held]))


def _print(taken: dict[int, float], pipeline: Batches) -> None:
    say = sys.stdout.write
    say("| rows | seconds | seconds for each row |\n|---|---|---|\n")
    for rows, seconds in taken.items():
        say(f"| {rows:,} | {seconds:.0f} | {seconds / rows:.2f} |\n")
    most = pipeline.generations.most_at_once
    say(f"\nGenerations at once: {most} at most, {GENERATIONS_AT_ONCE} allowed.\n")
    say("\n| function | MB at most | MB allowed |\n|---|---|---|\n")
    for name, peak in sorted(memory_peaks().items()):
        say(f"| {name.split('-')[-2].removesuffix('Function')} | {peak.held:.0f} | {peak.allowed} |\n")


def plot(taken: dict[int, float]) -> None:
    """Draw the seconds by the rows, beside a straight line through the largest batch."""
    import matplotlib as mpl  # noqa: PLC0415 - only for those who plot

    mpl.use("agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415

    figure, axes = plt.subplots(figsize=(7, 4), dpi=120)
    rows, seconds = list(taken), list(taken.values())
    rate = seconds[-1] / rows[-1]
    axes.plot(
        [0, rows[-1]], [0, seconds[-1]], color="#b6bcc6", linestyle="--", label=f"{rate:.2f} s for each row"
    )
    axes.plot(rows, seconds, color="#2a5bc0", marker="o", label="measured")
    axes.set_xlabel("rows of the batch")
    axes.set_ylabel("seconds to the results")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False)
    figure.tight_layout()
    figure.savefig(PICTURES)


if __name__ == "__main__":
    main()
