"""The share of videos that an outage of the backend loses, by the moment at which it begins and its length.

    .venv/bin/python -m tests.unit.videos.property.outages

Every call of a typical run is the beginning of an outage, in each way to be down; the waits of the workflow's
retries are jittered. Printed as the table of docs/reliability.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from tests.unit.videos.property.backend import Behaviour, Down, Ending, RenderFate
from tests.unit.videos.property.simulation import Schedule, Simulation
from videos.model.records import Status

MINUTES = (8, 10, 30, 60)
RUNS = (
    Behaviour(),
    Behaviour(text="", changes=(64, 70)),
    Behaviour(ending=Ending.BREAKS, changes=(20, 100)),
    Behaviour(renders=(RenderFate.FAILS, RenderFate.COMPLETES)),
    Behaviour(broken_downloads=(0, 1)),
)
# When the calls of a step are made, by the calls that only this step makes.
STEPS = {
    "before the payment": "backend.create_session",
    "while the timeline becomes stable": "backend.state",
    "when the render is started": "backend.start_render",
    "while it is rendered": "backend.render",
    "while it is delivered": "backend.download",
}


@dataclass(frozen=True)
class Moment:
    """A call of a run, after which an outage begins."""

    behaviour: Behaviour
    step: str
    at: float


def moments() -> Iterator[Moment]:
    """Every call of the backend, and the moment half way to the next one, by the step that makes it."""
    for behaviour in RUNS:
        world = Simulation(Schedule(behaviour)).world
        calls = [(at, point) for at, point in zip(world.times, world.points, strict=True)]
        paid = next(at for at, point in calls if point == "backend.send_message")
        for (at, point), (then, _) in pairwise([*calls, (calls[-1][0] + 1, "")]):
            step = next((name for name, of in STEPS.items() if of == point), None)
            if step is None or (at < paid) is not (step == "before the payment"):
                continue
            yield Moment(behaviour, step, at)
            yield Moment(behaviour, step, (at + then) / 2)


def is_lost(moment: Moment, minutes: float, down: Down, seed: int) -> bool:
    """Whether a video is not ready in the end, although nothing was wrong but the outage."""
    behaviour = replace(moment.behaviour, outage=(moment.at, minutes * 60), down=down)
    (version,) = Simulation(Schedule(behaviour, jitter=seed)).store.kept.all_versions()
    return version.ended is None or version.ended.status is not Status.READY


def shares(minutes: float) -> dict[str, tuple[int, int]]:
    """How many videos were lost of how many, for each step."""
    counts = dict.fromkeys(STEPS, (0, 0))
    for number, moment in enumerate(moments()):
        for seed, down in enumerate(Down):
            lost, of = counts[moment.step]
            counts[moment.step] = lost + is_lost(moment, minutes, down, 10 * number + seed), of + 1
    return counts


def main() -> None:
    """Print the table."""
    columns = {minutes: shares(minutes) for minutes in MINUTES}
    print("| the outage begins | runs |", " | ".join(f"{minutes} min" for minutes in MINUTES), "|")  # noqa: T201
    print("|---" * (len(MINUTES) + 2) + "|")  # noqa: T201
    for step in STEPS:
        cells = [f"{100 * lost / of:.0f} % lost" for lost, of in (columns[m][step] for m in MINUTES)]
        print(f"| {step} | {columns[60][step][1]} |", " | ".join(cells), "|")  # noqa: T201


if __name__ == "__main__":
    main()
