"""``dvc repro`` on all cores."""

import time

from dask.system import CPU_COUNT
from rich.console import Console

from resgrad.common.errors import ResgradError
from resgrad.parallel.cluster import local_cluster
from resgrad.parallel.display import MARGIN, Display, duration
from resgrad.parallel.memory import jobs_that_fit, shortage
from resgrad.parallel.pipeline import Pipeline
from resgrad.parallel.schedule import Schedule, gate, to_run
from resgrad.parallel.worker import StageRunner


class FailedStagesError(ResgradError):
    """Some stages failed; the text names them, each with its sentence."""


def repro(pipeline: Pipeline, changed: set[str], targets: list[str], *, jobs: int | None, threads: int) -> None:
    """Run what has changed and all that depends on it, as many stages at once as there are workers.

    Args:
        pipeline: as it is.
        changed: its stages that are not up to date.
        targets: for which it was loaded.
        jobs: stages at once; None for as many as the cores and the memory of this machine allow.
        threads: that the busiest stage uses.

    Raises:
        FailedStagesError: at least one stage failed; what does not depend on it has run.
        ResgradError: more jobs were asked for than fit into memory.
    """
    console = Console()
    if jobs is None:
        jobs = min(max(1, CPU_COUNT // threads), jobs_that_fit())
    elif warning := shortage(jobs):
        raise ResgradError(warning)
    began = time.monotonic()
    loaded = pipeline
    runner = StageRunner(targets, console.width - MARGIN)
    with (
        Display(console, jobs) as display,
        local_cluster(min(jobs, len(to_run(loaded.graph, changed))), runner, loaded.locked()) as client,
    ):
        schedule = Schedule(client, display, jobs)
        gates = set()
        while stages := to_run(pipeline.graph, changed):
            display.expect(stages)
            first = gate(pipeline.graph, stages)
            if first is None or len(stages) == 1:
                schedule.run(pipeline.graph, [name for name in pipeline.names if name in stages])
                break
            schedule.run(pipeline.graph, [first])
            if schedule.failures:
                break
            gates.add(first)
            pipeline = Pipeline(targets)
            changed = pipeline.changed() - gates
    loaded.sort_lockfile()
    if schedule.failures:
        raise FailedStagesError(
            "\n".join(f"{stage} failed: {sentence}" for stage, sentence in schedule.failures.items())
        )
    print(f"Done in {duration(time.monotonic() - began)}.")
