"""Which stages are to be run, and their running: as much at once as the graph and the workers allow."""

import queue
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from typing import cast

import networkx as nx
from distributed import Client, Future, wait
from distributed.scheduler import KilledWorker
from dvc.exceptions import DvcException

from resgrad.common.errors import ResgradError
from resgrad.parallel.apart import Apart
from resgrad.parallel.display import Display
from resgrad.parallel.memory import shortage
from resgrad.parallel.pipeline import Pipeline
from resgrad.parallel.worker import TOPIC, Outcome, StageError, reproduce, write_lockfile

_REFRESH_SECONDS = 0.2
_WRITE_SECONDS = 60.0
"""For workers to write dvc.lock."""


def to_run(graph: nx.DiGraph, changed: Iterable[str]) -> set[str]:
    """Return the stages that have changed and all that depend on them, and so may change.

    Args:
        graph: edges lead from a stage to one that it depends on.
        changed: names of stages.
    """
    return set().union(*(nx.ancestors(graph, stage) | {stage} for stage in changed))


def gate(graph: nx.DiGraph, stages: set[str]) -> str | None:
    """Return the stage that all the others wait for, if there is one.

    Nothing can run beside it, and often nothing is left to do after it: ``check`` runs with every change of the code,
    and what it writes stays the same.
    """
    return next((stage for stage in stages if stages - {stage} <= nx.ancestors(graph, stage)), None)


class SchedulerGoneError(ResgradError):
    """The connection to the scheduler broke."""


class Schedule:
    """Runs stages on a cluster and follows them."""

    def __init__(self, client: Client, display: Display, jobs: int | None, *, apart: bool = False) -> None:
        """Listen to the workers.

        Args:
            client: of the cluster.
            display: shows what goes on.
            jobs: stages at once on this machine, whose memory is watched; None if the workers have others.
            apart: whether the workers' results come by the DVC remote.
        """
        self._client = client
        self._display = display
        self._jobs = jobs
        self._apart = apart
        self._events: queue.SimpleQueue[Future | dict[str, str]] = queue.SimpleQueue()
        self._outcomes: dict[str, Outcome] = {}
        self._largest = 0
        self.failures: dict[str, str] = {}
        """The sentence of every stage that has failed."""
        client.subscribe_topic(TOPIC, lambda event: self._events.put(event[1]))

    def run(self, pipeline: Pipeline, stages: Sequence[str], changed: set[str]) -> None:
        """Run stages, each as soon as those that it depends on have succeeded; return when none is left to run.

        Args:
            pipeline: of which they are.
            stages: names, each after those that it depends on; where there is a choice, the first goes first.
            changed: those that are not up to date, whatever the others write.

        Raises:
            SchedulerGoneError: it is.
            ResgradError: what the workers need cannot be sent to them.
        """
        apart = Apart(pipeline) if self._apart else None
        if apart:
            apart.send_inputs(pipeline.graph, set(stages), changed)
        futures: dict[str, Future] = {}
        for stage in stages:
            needs = set(pipeline.graph.successors(stage))
            done = [self._outcomes[need] for need in needs & self._outcomes.keys()]
            task = _task(stage, stage not in changed, done)
            futures[stage] = self._client.submit(
                task, *(futures[need] for need in needs & futures.keys()), key=stage, pure=False
            )
        for future in futures.values():
            future.add_done_callback(self._events.put)
        try:
            self._follow(len(futures), apart)
        finally:
            if apart:
                pipeline.write_lockfile()
        if not apart:
            self._write_lockfile()

    def _follow(self, left: int, apart: Apart | None) -> None:
        """Show what goes on, and take in what ends, until so many stages have."""
        while left:
            try:
                event = self._events.get(timeout=_REFRESH_SECONDS)
            except queue.Empty:
                event = None
            if self._client.status != "running":
                raise SchedulerGoneError(
                    "The scheduler is gone; start it and its workers again, and run the same command to go on."
                )
            if isinstance(event, Future):
                left -= 1
                self._end(event, apart)
            elif event:
                self._show(event)
            self._display.refresh()

    def _write_lockfile(self) -> None:
        """Let every worker write down what it has reproduced, in the thread in which it reproduces."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"]
        writes = [self._client.submit(_writing(), workers=[address], pure=False) for address in workers]
        with suppress(TimeoutError):  # of a worker that is killed just then; what it has run comes from the run-cache
            wait(writes, timeout=_WRITE_SECONDS)

    def _show(self, event: dict[str, str]) -> None:
        stage, text = event["stage"], event["text"]
        if event["what"] == "starts":
            self._display.starts(stage, event["place"])
        elif event["what"] == "bar":
            self._display.bar(stage, text)
        else:
            self._display.line(stage, text)

    def _end(self, future: Future, apart: Apart | None) -> None:
        stage = str(future.key)
        error = cast(BaseException | None, future.exception())
        outcome = future.result() if error is None else None
        if outcome and outcome.entry and apart:
            try:
                apart.receive(stage, outcome.entry)
            except (ResgradError, DvcException) as failure:
                error = StageError(stage, str(failure))
        if outcome and error is None:
            self._outcomes[stage] = outcome
            self._display.succeeded(outcome)
            self._check_memory(stage, outcome.memory)
        elif isinstance(error, StageError) and error.stage != stage:
            self._display.skipped(stage, error.stage)
        elif isinstance(error, KilledWorker) and error.task != stage:
            self._display.skipped(stage, str(error.task))
        else:
            self._display.failed(stage)
            self.failures[stage] = sentence(cast(BaseException, error))

    def _check_memory(self, stage: str, memory: int) -> None:
        if self._jobs and memory > self._largest:
            self._largest = memory
            if warning := shortage(self._jobs, memory):
                self._display.say(f"{stage}: {warning}")


# Functions without a name to import them by: a worker of another machine has another checkout, or none.


def _task(stage: str, intact: bool, done: list[Outcome]) -> Callable[..., Outcome]:
    return lambda *needs: reproduce(stage, intact, *done, *needs)


def _writing() -> Callable[[], None]:
    def write() -> None:
        write_lockfile()

    return write


def sentence(error: BaseException) -> str:
    """Say why a stage failed."""
    if isinstance(error, StageError):
        return error.sentence
    if isinstance(error, KilledWorker):
        return (
            f"{error.allowed_failures + 1} workers died while they ran it, which is most often for lack of memory; "
            "run fewer at once: make repro JOBS=1, or fewer workers on a machine."
        )
    return f"{type(error).__name__}: {error}"
