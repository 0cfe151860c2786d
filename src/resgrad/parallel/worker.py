"""A process that reproduces stages, one at a time: what each worker of the cluster is made into."""

import logging
import os
import re
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from distributed import Worker, WorkerPlugin, get_worker
from dvc.stage.exceptions import StageCmdFailedError

from resgrad.parallel.memory import largest_child
from resgrad.parallel.pipeline import Pipeline
from resgrad.parallel.terminal import Terminal

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
    """

    stage: str
    how: str
    seconds: float
    memory: int


def reproduce(stage: str, *_needs: Outcome) -> Outcome:
    """Reproduce a stage on the worker that this is called on.

    Args:
        stage: its name.
        _needs: outcomes of the stages that it depends on; Dask calls this once they are there.

    Raises:
        StageError: it failed.
    """
    return _runner(get_worker()).reproduce(stage)


def write_lockfile() -> None:
    """Write down in dvc.lock what the worker that this is called on has not yet."""
    _runner(get_worker()).write_lockfile()


class StageRunner(WorkerPlugin):
    """Makes a worker of a Dask cluster into one that reproduces stages."""

    name = "stages"

    def __init__(self, targets: list[str], columns: int) -> None:
        """Describe the worker; what it needs is made when it starts.

        Args:
            targets: of the pipeline.
            columns: width of the terminal in which progress bars are shown.
        """
        self._targets = targets
        self._columns = columns

    def setup(self, worker: Worker) -> None:
        self._worker = worker
        self._stage = ""
        self._last_line = ""
        self._last_bar = 0.0
        self._commands = _Commands(self._tell_line)
        dvc = logging.getLogger("dvc")
        dvc.handlers = [self._commands]
        self._terminal = Terminal(self._columns, line=self._tell_line, bar=self._tell_bar)
        # The terminal is for stages: DVC, which looks here, draws no bars of its own between theirs.
        sys.stdout = sys.stderr = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115
        self._pipeline: Pipeline | None = None

    def reproduce(self, stage: str) -> Outcome:
        began = time.perf_counter()
        self._stage, self._last_line, self._commands.started = stage, "", False
        self._tell("starts")
        if self._pipeline is None:
            self._pipeline = Pipeline(self._targets)
        try:
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
        return Outcome(stage, how, time.perf_counter() - began, largest_child())

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


def killed(error: BaseException) -> bool:
    """Tell whether a stage was killed, by the kernel for lack of memory or by a batch system that ends the job.

    Its worker, which was meant as well or is next, goes with it: Dask then gives the stage to another one, and counts.
    """
    status = re.search(r"exited with (-?\d+)$", str(error)) if isinstance(error, StageCmdFailedError) else None
    return status is not None and int(status[1]) in _KILLED


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
