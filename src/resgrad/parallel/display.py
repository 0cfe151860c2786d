"""What a person sees of a run: what runs where, how far it is, what has ended, and how."""

import time
from collections import defaultdict
from collections.abc import Iterable
from typing import Self

from rich.console import Console, RenderableType
from rich.live import Live
from rich.text import Text

from resgrad.parallel.worker import Outcome

_HOW = {"run": "", "restored": " from the run-cache", "unchanged": " unchanged"}


MARGIN = 4
"""Columns before a bar, for the name of its worker."""


class Display:
    """Lines for what has ended; on a terminal, below them, a line for each worker and one for the whole.

    Use it as a context manager.
    """

    def __init__(self, console: Console, jobs: int, *, apart: bool = False) -> None:
        """Show nothing yet.

        Args:
            console: to write to.
            jobs: stages at once.
            apart: whether a worker cannot see what another one has left behind.
        """
        self._console = console
        self._jobs = jobs
        self._again = "from its beginning" if apart else "from its checkpoint if it has one"
        self._waiting: set[str] = set()
        self._running: dict[str, _Running] = {}
        self._ended = 0
        self._estimate = Estimate()
        self._began = time.monotonic()
        self._live = Live(get_renderable=self._render, console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._live.stop()

    def expect(self, stages: Iterable[str]) -> None:
        """Take note of the stages that are to be run, beside those that have ended."""
        self._waiting = set(stages)

    def starts(self, stage: str, worker: str) -> None:
        if stage not in self._waiting:  # its worker died after it had ended, and Dask asks for it again
            return
        if stage in self._running:
            lost = self._running[stage].worker
            self.say(f"{stage}: worker {lost} was lost; it runs again, {self._again}, on worker {worker}.")
        self._running[stage] = _Running(worker)

    def bar(self, stage: str, text: str) -> None:
        if stage in self._running:
            self._running[stage].bar = text

    def line(self, stage: str, text: str) -> None:
        """Show a line that a stage has printed."""
        self.say(f"{stage}: {text}" if stage else text)

    def succeeded(self, outcome: Outcome) -> None:
        self._estimate.add(outcome.stage, outcome.seconds)
        self._end(outcome.stage, f"{_HOW[outcome.how]}, {duration(outcome.seconds)}")

    def failed(self, stage: str) -> None:
        self._end(stage, " FAILED")

    def skipped(self, stage: str, because: str) -> None:
        self._end(stage, f" not run, since {because} failed")

    def say(self, text: str) -> None:
        """Show a line that stays."""
        self._console.print(Text(text), soft_wrap=True)

    def refresh(self) -> None:
        """Draw what changes, where it can be drawn."""
        if self._console.is_terminal:
            self._live.refresh()

    def _end(self, stage: str, how: str) -> None:
        self._waiting.discard(stage)
        self._ended += 1
        ran = self._running.pop(stage, None)
        where = f" on worker {ran.worker}" if ran else ""
        total = self._ended + len(self._waiting)
        left = "" if self._console.is_terminal else self._left()
        self.say(f"[{self._ended:>{len(str(total))}}/{total}] {stage}{how}{where}{left}")

    def _left(self) -> str:
        running = {stage: time.monotonic() - self._running[stage].began for stage in self._running}
        seconds = self._estimate.left(self._waiting, running, self._jobs)
        return "" if not seconds else f"; about {duration(seconds)} left"

    def _render(self) -> RenderableType:
        lines = [
            f"{run.worker:<{MARGIN - 1}} {run.bar or f'{stage}: {duration(time.monotonic() - run.began)}'}"
            for stage, run in sorted(self._running.items(), key=lambda item: item[1].worker)
        ]
        whole = f"{self._ended} of {self._ended + len(self._waiting)} stages, {len(self._running)} running"
        whole += f", {duration(time.monotonic() - self._began)}{self._left()}"
        return Text("\n".join([*lines, whole]), no_wrap=True, overflow="ellipsis")


class _Running:
    def __init__(self, worker: str) -> None:
        self.worker = worker
        self.began = time.monotonic()
        self.bar = ""


class Estimate:
    """Guesses how long a run goes on, from how long stages of the same name before ``@`` took."""

    def __init__(self) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)

    def add(self, stage: str, seconds: float) -> None:
        """Learn how long a stage took."""
        self._seconds[_kind(stage)].append(seconds)

    def left(self, stages: Iterable[str], running: dict[str, float], jobs: int) -> float | None:
        """Return seconds until these stages have ended if ``jobs`` run at once; ``None`` before the first has ended.

        Args:
            stages: that have not ended, running ones among them.
            running: seconds for which those have run.
            jobs: stages at once.
        """
        known = [seconds for kind in self._seconds.values() for seconds in kind]
        if not known:
            return None
        remaining = [max(0.0, self._mean(stage, known) - running.get(stage, 0.0)) for stage in stages]
        return max([sum(remaining) / jobs, *remaining])

    def _mean(self, stage: str, others: list[float]) -> float:
        seconds = self._seconds.get(_kind(stage), others)
        return sum(seconds) / len(seconds)


def _kind(stage: str) -> str:
    return stage.partition("@")[0]


def duration(seconds: float) -> str:
    """Format as people say it: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
