"""When to ask whether a render is done: `python -m bench.polls [--renders 100000]`.

The pipeline's own schedule, by the code that runs, next to flat ones and to an exponential one, over the
same renders, simulated: how long after its end each is noticed, how often the backend is asked, and what the
asking costs on AWS. The renders are drawn from a log-normal distribution of which 90 % lie between 30 and
90 s, where the vendor's documents have them.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from bench.document import ROOT, table, write
from bench.plots import BLUE, GREY, ORANGE, plot
from bench.prices import PLACE, lambda_seconds, price
from tests.support.backend import Answer, Backend
from tests.support.builders import NOW, REF, RENDER, RENDERING, TIMELINE, a_store
from videos.steps.render_attempts import GIVE_UP_SECONDS, poll_render, poll_wait
from videos.steps.short_polling import poll_shortly

PICTURE = ROOT / "docs" / "polls.svg"
SEED = 8
RENDERS = 100_000
SHORTEST, LONGEST = 30, 90
BEYOND_90_PERCENT = 1.645  # standard deviations
MEMORY_MB = 256
LOOK_SECONDS = 0.1  # assumption: one question and its answer
TRANSITIONS = 3  # of one round: wait, poll, choose

Numbers = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


@dataclass(frozen=True)
class Poll:
    """One question to the backend: when, in which round of the workflow, after how long in functions."""

    at: float
    round: int
    billed: float


@dataclass(frozen=True)
class Came:
    """What came of a schedule."""

    lags: Numbers
    looks: Numbers
    dollars: Numbers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.polls", description=__doc__)
    parser.add_argument("--renders", type=int, default=RENDERS)
    count = parser.parse_args().renders
    renders = _renders(count)
    schedules = {
        "**the pipeline's**": list(ours()),
        **{f"flat, {gap} s": list(_by_the_workflow(gap)) for gap in (2, 5, 10, 30)},
        "exponential, 5 s and each ½ more": list(_by_the_workflow(5, 1.5)),
    }
    came = {name: _came(looks, renders) for name, looks in schedules.items()}
    rows = [
        [
            name,
            f"{np.mean(result.lags):.1f}",
            f"{np.median(result.lags):.1f}",
            f"{np.quantile(result.lags, 0.95):.1f}",
            f"{np.mean(result.looks):.1f}",
            f"{1000 * np.mean(result.dollars):.3f}",
        ]
        for name, result in came.items()
    ]
    head = ["schedule", "noticed after, mean s", "median", "95 %", "questions", "dollars for 1,000 videos"]
    write(
        "polls",
        f"{count:,} renders, seed {SEED}: median {np.median(renders):.0f} s,"
        f" 5 % below {np.quantile(renders, 0.05):.0f} s, 5 % above {np.quantile(renders, 0.95):.0f} s."
        f" Prices: {PLACE}.\n\n" + table(head, rows),
    )
    _plot(came)


def cost_of_asking() -> tuple[float, float]:
    """Dollars for one video, by the pipeline's schedule and every 30 s."""
    renders = _renders(RENDERS)
    own, flat = _came(list(ours()), renders), _came(list(_by_the_workflow(30)), renders)
    return float(np.mean(own.dollars)), float(np.mean(flat.dollars))


def _renders(count: int) -> Numbers:
    """How long renders take, in seconds."""
    middle = np.log(SHORTEST * LONGEST) / 2
    spread = np.log(LONGEST / SHORTEST) / 2 / BEYOND_90_PERCENT
    drawn = np.random.default_rng(SEED).lognormal(middle, spread, count)
    return np.minimum(drawn, GIVE_UP_SECONDS)


def ours() -> Iterator[Poll]:
    """The pipeline's, as its own code asks about a render that never ends."""
    now, billed, asked = float(poll_wait(0)), 0.0, []
    backend = Backend()
    backend.on(RENDER, Answer({"status": "processing"}))

    def pause(seconds: float) -> None:
        nonlocal now, billed
        now, billed = now + seconds, billed + seconds

    def clock() -> datetime:
        nonlocal now, billed
        now, billed = now + LOOK_SECONDS, billed + LOOK_SECONDS
        asked.append(Poll(now, rounds, billed))
        return NOW + timedelta(seconds=now)

    store = a_store(timeline=TIMELINE, rendering=RENDERING)
    rounds = 0
    while now < GIVE_UP_SECONDS - LONGEST:
        rounds += 1
        polled = poll_shortly(
            lambda: poll_render(REF, store=store, backend=backend.client, clock=clock), pause=pause
        )
        now += polled.wait_seconds
        yield from asked
        asked.clear()
    yield Poll(np.inf, rounds, billed)


def _by_the_workflow(gap: float, growth: float = 1) -> Iterator[Poll]:
    """Each question a round of the workflow; the gap grows from one to the next."""
    now, rounds = 0.0, 0
    while now < GIVE_UP_SECONDS:
        now, rounds = now + gap + LOOK_SECONDS, rounds + 1
        yield Poll(now, rounds, rounds * LOOK_SECONDS)
        gap *= growth
    yield Poll(np.inf, rounds, rounds * LOOK_SECONDS)


def _came(looks: list[Poll], renders: Numbers) -> Came:
    times = np.array([look.at for look in looks])
    dollars = np.array(
        [
            look.round * (TRANSITIONS * price("step_functions", "transition") + price("lambda", "request"))
            + lambda_seconds(look.billed, MEMORY_MB)
            for look in looks
        ]
    )
    noticed = np.searchsorted(times, renders)
    return Came(times[noticed] - renders, (noticed + 1).astype(float), dollars[noticed])


def _plot(came: dict[str, Came]) -> None:
    with plot(PICTURE, x="dollars for 1,000 videos", y="seconds until the end is noticed, mean") as axes:
        for name, result in came.items():
            own = name.startswith("**")
            x, y = 1000 * np.mean(result.dollars), np.mean(result.lags)
            axes.plot(x, y, "o", color=BLUE if own else ORANGE if "flat" in name else GREY)
            axes.annotate(name.strip("*"), (x, y), xytext=(7, 5), textcoords="offset points")
        axes.set_xlim(left=0, right=axes.get_xlim()[1] * 1.15)
        axes.set_ylim(bottom=0)


if __name__ == "__main__":
    main()
