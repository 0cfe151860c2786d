"""``dvc repro`` on all cores, and on many machines."""

import logging
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from dask.system import CPU_COUNT
from rich.console import Console

from resgrad.common.errors import ResgradError
from resgrad.parallel.cluster import local_cluster
from resgrad.parallel.display import MARGIN, Display, duration
from resgrad.parallel.machines import check_versions, connected, made_into
from resgrad.parallel.memory import jobs_that_fit, shortage
from resgrad.parallel.pipeline import Pipeline
from resgrad.parallel.schedule import Schedule, gate, to_run
from resgrad.parallel.versions import must_match, versions
from resgrad.parallel.worker import StageRunner
from resgrad.parallel.workspace import Here, Sent, Shared, pack, token


class FailedStagesError(ResgradError):
    """Some stages failed; the text names them, each with its sentence."""


def repro(
    pipeline: Pipeline,
    changed: set[str],
    targets: list[str],
    *,
    jobs: int | None,
    threads: int,
    devices: Sequence[Mapping[str, str]] = (),
) -> None:
    """Run what has changed and all that depends on it, as many stages at once as there are workers on this machine.

    Args:
        pipeline: as it is.
        changed: its stages that are not up to date.
        targets: for which it was loaded.
        jobs: stages at once; None for one per accelerator, or for as many as the cores and the memory of this machine
            allow.
        threads: that the busiest stage uses.
        devices: accelerators, as the environment variables that show a stage one of them; none to use the processor.

    Raises:
        FailedStagesError: at least one stage failed; what does not depend on it has run.
        ResgradError: more jobs were asked for than fit into memory.
    """
    console = Console()
    if jobs is None:
        jobs = min(len(devices) or max(1, CPU_COUNT // threads), jobs_that_fit())
    elif warning := shortage(jobs):
        raise ResgradError(warning)
    runner = StageRunner(targets, console.width - MARGIN, Here(), devices=devices)
    with (
        Display(console, jobs) as display,
        local_cluster(min(jobs, len(to_run(pipeline.graph, changed))), runner, pipeline.locked()) as client,
    ):
        _run(Schedule(client, display, jobs), display, pipeline, changed, targets)


def repro_on_machines(
    pipeline: Pipeline, changed: set[str], targets: list[str], *, scheduler: str, portable: bool
) -> None:
    """Run what has changed and all that depends on it on the workers of a scheduler, whatever machines they are on.

    If all of them see this workspace, they work in it; otherwise each gets a copy of its files, and outputs go by the
    DVC remote.

    Args:
        pipeline: as it is.
        changed: its stages that are not up to date.
        targets: for which it was loaded.
        scheduler: its address.
        portable: whether all processors compute the same bytes.

    Raises:
        FailedStagesError: at least one stage failed; what does not depend on it has run.
        ResgradError: the scheduler, a worker or the remote cannot be used.
    """
    console = Console()
    logging.getLogger("dvc").setLevel(logging.WARNING)  # its bars and notes would stand between those of the stages
    here = versions(must_match(portable=portable))
    with connected(scheduler, print) as client, token() as name:
        check_versions(client, here)
        shared = Shared(Path.cwd(), name)
        seen = cast(dict[str, bool], client.run(shared.seen))
        workspace = shared if all(seen.values()) else Sent(pack(pipeline.inputs))
        runner = StageRunner(targets, console.width - MARGIN, workspace, wanted=here)
        where = "in this workspace" if workspace is shared else "apart, each in a copy of this workspace"
        print(f"{len(seen)} {'worker' if len(seen) == 1 else 'workers'}, {where}.")
        with Display(console, len(seen), apart=workspace.apart) as display, made_into(runner, client):
            schedule = Schedule(client, display, None, apart=workspace.apart)
            _run(schedule, display, pipeline, changed, targets)


def _run(schedule: Schedule, display: Display, pipeline: Pipeline, changed: set[str], targets: list[str]) -> None:
    began = time.monotonic()
    loaded = pipeline
    gates = set()
    while stages := to_run(pipeline.graph, changed):
        display.expect(stages)
        first = gate(pipeline.graph, stages)
        if first is None or len(stages) == 1:
            schedule.run(pipeline, [name for name in pipeline.names if name in stages], changed)
            break
        schedule.run(pipeline, [first], changed)
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
