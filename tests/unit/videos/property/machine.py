"""The state machine as those see it who start, stop and take over executions."""

from collections.abc import Callable

from tests.unit.videos.property.workflow import Execution
from tests.unit.videos.property.world import World
from videos.model.ports import Past
from videos.model.records import VersionRef

Run = Callable[[VersionRef], Execution]


class Machine:
    """Implements `Workflow` and `Executions` of the ports. Keeps each version's executions in their order."""

    def __init__(self, world: World, run: Run) -> None:
        self.executions: dict[VersionRef, list[Execution | None]] = {}
        self._world = world
        self._run = run

    def start(self, ref: VersionRef) -> None:
        self._world.call("workflow.start", lambda: self._begin(ref, 0))

    def cancel(self, ref: VersionRef) -> None:
        executions = self.executions.get(ref, [None])
        for execution in executions:
            if execution is not None and execution.runs:
                self._world.call("workflow.stop", execution.stop)
        self.take_over(ref, attempt=len(executions))

    def running(self) -> set[str]:
        return {ref.execution_name for ref, had in self.executions.items() if any(e and e.runs for e in had)}

    def past(self, ref: VersionRef) -> Past | None:
        first, *others = self.executions.get(ref, [None])
        if any(execution and execution.runs for execution in (first, *others)):
            return None
        return Past(begun=first is not None, takeovers=len(others))

    def take_over(self, ref: VersionRef, *, attempt: int) -> None:
        self._world.call("workflow.start", lambda: self._begin(ref, attempt))

    def _begin(self, ref: VersionRef, number: int) -> None:
        executions = self.executions.setdefault(ref, [])
        if len(executions) > number:
            return  # one of this name was started before
        while len(executions) < number:
            executions.append(None)
        executions.append(self._run(ref))
