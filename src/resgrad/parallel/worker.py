"""A process that reproduces stages, one at a time: what each worker of the cluster is made into."""

import logging
import os
import re
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from dask.config import get as setting
from distributed import Reschedule, Worker, WorkerPlugin, get_worker
from dvc.stage.exceptions import StageCmdFailedError

from resgrad.parallel.apart import Apart
from resgrad.parallel.exchange import Entry
from resgrad.parallel.memory import largest_child
from resgrad.parallel.pipeline import Pipeline
from resgrad.parallel.terminal import Terminal
from resgrad.parallel.versions import difference, versions
from resgrad.parallel.workspace import Workspace, WorkspaceError

TOPIC = "resgrad"
"""Under which workers tell Dask's subscribers what goes on."""

_KILLED = {status for sig in (signal.SIGKILL, signal.SIGTERM) for status in (-sig, 128 + sig)}
"""Exit statuses of a command that was killed: as the worker sees it, and as a shell between them passes it on."""

_BAR_SECONDS = 0.25
_WRITE_SECONDS = 20.0
"""Between writes of dvc.lock; stages that end sooner share one."""


class StageError(Exception):
    """A stage failed.

    Attributes:
        stage: its name.
        sentence: what it said last, or else what DVC says.
    """

    def __init__(self, stage: str, sentence: str) -> None:
        super().__init__(stage, sentence)
        self.stage = stage
        self.sentence = sentence


@dataclass(frozen=True)
class Outcome:
    """How a stage ended well.

    Attributes:
        stage: its name.
        how: "run"; "restored" from the run-cache; or "unchanged", so that there was nothing to do.
        seconds: that this took, waiting for DVC's lock included.
        memory: bytes of the largest process that this worker has run so far.
        entry: where the remote has the result of a worker that does not share the workspace.
    """

    stage: str
    how: str
    seconds: float
    memory: int
    entry: Entry | None = None


def reproduce(stage: str, intact: bool, *needs: Outcome) -> Outcome:
    """Reproduce a stage on the worker that this is called on.

    Args:
        stage: its name.
        intact: whether its outputs were those of dvc.lock when the run began.
        needs: outcomes of the stages that it depends on; Dask calls this once they are there.

    Raises:
        StageError: it failed.
    """
    return _runner(get_worker()).reproduce(stage, intact, needs)


def write_lockfile() -> None:
    """Write down in dvc.lock what the worker that this is called on has not yet."""
    _runner(get_worker()).write_lockfile()


class StageRunner(WorkerPlugin):
    """Makes a worker of a Dask cluster into one that reproduces stages."""

    name = "stages"

    def __init__(
        self,
        targets: list[str],
        columns: int,
        workspace: Workspace,
        *,
        wanted: dict[str, str | None] | None = None,
        devices: Sequence[Mapping[str, str]] = (),
    ) -> None:
        """Describe the worker; what it needs is made when it starts.

        Args:
            targets: of the pipeline.
            columns: width of the terminal in which progress bars are shown.
            workspace: where it works.
            wanted: versions that it must have, by name.
            devices: environment variables that show a stage one accelerator, a set each; workers take turns.
        """
        self._targets = targets
        self._columns = columns
        self._workspace = workspace
        self._wanted = wanted or {}
        self._devices = devices

    def setup(self, worker: Worker) -> None:
        self._worker = worker
        self.refusal = self._prepare(worker)
        self._stage = ""
        self._last_line = ""
        self._last_bar = 0.0
        self._commands = _Commands(self._tell_line)
        dvc = logging.getLogger("dvc")
        dvc.handlers = [self._commands]
        _keep_log_apart()
        self._terminal = Terminal(self._columns, line=self._tell_line, bar=self._tell_bar)
        # The terminal is for stages: DVC, which looks here, draws no bars of its own between theirs.
        sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        self._pipeline: Pipeline | None = None
        self._apart: Apart | None = None

    def _prepare(self, worker: Worker) -> str | None:
        """Put this process where stages find what they would find under ``dvc repro``, or say why it cannot be done."""
        if worker.state.nthreads != 1:
            return f"it has {worker.state.nthreads} threads; start it with --nthreads 1, and more workers if need be"
        if not worker.nanny:
            return "it has no nanny, which starts it again; start it without --no-nanny"
        if why := difference(self._wanted, versions(self._wanted)):
            return why
        try:
            self._workspace.enter(Path(worker.local_directory))
        except WorkspaceError as error:
            return str(error).rstrip(".")
        for name, value in setting("distributed.nanny.pre-spawn-environ").items():
            if os.environ.get(name) == str(value):
                del os.environ[name]
        os.environ["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        if self._devices:
            os.environ.update(self._devices[int(worker.name) % len(self._devices)])
        return None

    def reproduce(self, stage: str, intact: bool, needs: tuple[Outcome, ...]) -> Outcome:
        if self.refusal:  # a worker that came when the run had begun
            self._tell("line", f"The worker at {self._worker.address} is sent away: {self.refusal}.")
            self._worker.loop.add_callback(self._worker.close)
            raise Reschedule
        began = time.perf_counter()
        self._stage, self._last_line, self._commands.started = stage, "", False
        self._tell("starts")
        try:
            if self._pipeline is None:
                self._pipeline = Pipeline(self._targets)
                self._apart = Apart(self._pipeline) if self._workspace.apart else None
            entry = None
            if self._apart:
                changed, entry = self._apart.reproduce(
                    stage, intact, {need.stage: need.entry for need in needs if need.entry}
                )
            else:
                changed = self._pipeline.reproduce(stage)
                self._pipeline.write_lockfile(every=_WRITE_SECONDS)
        except Exception as error:  # whatever stops a stage of `dvc repro`, too
            if killed(error):
                os.kill(os.getpid(), signal.SIGKILL)
            self._terminal.catch_up()
            said = self._last_line if isinstance(error, StageCmdFailedError) else ""
            raise StageError(stage, said or str(error)) from None
        self._terminal.catch_up()
        how = "unchanged" if not changed else "run" if self._commands.started else "restored"
        return Outcome(stage, how, time.perf_counter() - began, largest_child(), entry)

    def write_lockfile(self) -> None:
        if self._pipeline is not None:
            self._pipeline.write_lockfile()

    def _tell_line(self, text: str) -> None:
        self._last_line = text
        self._tell("line", text)

    def _tell_bar(self, text: str) -> None:
        if time.monotonic() > self._last_bar + _BAR_SECONDS:
            self._last_bar = time.monotonic()
            self._tell("bar", text)

    def _tell(self, what: str, text: str = "") -> None:
        # Not "worker": Dask overwrites that with an address.
        event = {"what": what, "stage": self._stage, "place": str(self._worker.name), "text": text}
        self._worker.log_event(TOPIC, event)


def refusal(dask_worker: Any) -> str | None:
    """Return why a worker that was made into one that reproduces stages cannot be that."""
    return _runner(dask_worker).refusal


def killed(error: BaseException) -> bool:
    """Tell whether a stage was killed, by the kernel for lack of memory or by a batch system that ends the job.

    Its worker, which was meant as well or is next, goes with it: Dask then gives the stage to another one, and counts.
    """
    status = re.search(r"exited with (-?\d+)$", str(error)) if isinstance(error, StageCmdFailedError) else None
    return status is not None and int(status[1]) in _KILLED


def _keep_log_apart() -> None:
    """Let Dask go on logging to where it has until now, and not between the lines of stages."""
    log = os.fdopen(os.dup(2), "w", buffering=1, encoding="utf-8")
    for handler in logging.getLogger("distributed").handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(log)


class _Commands(logging.Handler):
    """What DVC logs: notes when it starts the command of a stage, and passes warnings on."""

    def __init__(self, warn) -> None:
        super().__init__(logging.INFO)
        self._warn = warn
        self.started = False

    def emit(self, record: logging.LogRecord) -> None:
        if record.levelno >= logging.WARNING:
            self._warn(record.getMessage())
        elif str(record.msg).startswith("Running stage"):
            self.started = True


def _runner(worker: Worker) -> StageRunner:
    return cast(StageRunner, worker.plugins[StageRunner.name])
