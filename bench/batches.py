"""How long a batch takes by its rows: `python -m bench.batches [--studio] [--rows 50 200 500 2000]`.

On the warm embedded cloud, batch after batch, each row a video of its own: from the moment at which the file
was dropped to the one at which its results were there. Behind it is the scripted backend of the tests, which
works a tenth of a second for each, or with `--studio` the studio, which renders for real. While it runs, the
generations at once are counted, and at the end the memory that each function has held.
"""

import argparse
import contextlib
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from bench.document import ROOT, table, write
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
from tests.support.scripted_backend.clip import picture
from tests.support.scripted_backend.server import scripted_backend

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient

ROWS = (50, 200, 500, 2000)
ROWS_AT_ONCE = 10
PICTURE_OF_ALL = ROOT / "docs" / "batches.svg"
SMALLEST = "Make a 3 second square video."


def main() -> None:
    """Measure, and write it into docs/benchmarks.md."""
    parser = argparse.ArgumentParser(prog="python -m bench.batches", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS)
    parser.add_argument("--studio", action="store_true", help="render for real")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as home, _pipeline(Path(home), studio=options.studio) as pipeline:
        _seconds(pipeline, ROWS_AT_ONCE, "warm-up")
        taken = {rows: _seconds(pipeline, rows, str(number)) for number, rows in enumerate(options.rows)}
        write("batches, studio" if options.studio else "batches", _report(taken, pipeline))
    if not options.studio:
        _draw(taken)


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


def _report(taken: dict[int, float], pipeline: Batches) -> str:
    rows = [[f"{count:,}", f"{seconds:.0f}", f"{seconds / count:.2f}"] for count, seconds in taken.items()]
    peaks = {
        name.split("-")[-2].removesuffix("Function"): f"{peak.held:.0f} of {peak.allowed:,}"
        for name, peak in memory_peaks().items()
    }
    most = pipeline.generations.most_at_once
    return (
        f"{table(['rows', 'seconds', 'seconds for each row'], rows)}\n"
        f"All rows were ready. Generations at once: {most} at most, {GENERATIONS_AT_ONCE} allowed.\n"
        f"MB that a process of each function has held at most, of those it may: "
        f"{', '.join(f'{name} {peak}' for name, peak in sorted(peaks.items()))}.\n"
    )


def _draw(taken: dict[int, float]) -> None:
    """The seconds by the rows, beside a straight line through the largest batch."""
    from bench.plots import BLUE, GREY, plot  # noqa: PLC0415 - only for those who plot

    rows, seconds = list(taken), list(taken.values())
    label = f"{seconds[-1] / rows[-1]:.2f} s for each row"
    with plot(PICTURE_OF_ALL, x="rows of the batch", y="seconds to the results") as axes:
        axes.plot([0, rows[-1]], [0, seconds[-1]], color=GREY, linestyle="--", label=label)
        axes.plot(rows, seconds, color=BLUE, marker="o", label="measured")
        axes.set_xlim(left=0)
        axes.set_ylim(bottom=0)
        axes.legend(frameon=False)


if __name__ == "__main__":
    main()
