"""What DVC knows of the pipeline: its graph, what has changed, and how a stage is reproduced."""

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import groupby

import networkx as nx
from dvc.dvcfile import LOCK_FILE, PROJECT_FILE
from dvc.exceptions import DvcException
from dvc.lock import LockError
from dvc.repo import Repo, lock_repo
from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro
from dvc.stage import Stage
from dvc.utils.serialize import modify_yaml
from dvc_data.hashfile.hash_info import HashInfo

from resgrad.common.errors import ResgradError


class PipelineError(ResgradError):
    """DVC cannot read the pipeline."""


class TargetError(ResgradError):
    """The pipeline has no such target."""


class BusyError(ResgradError):
    """Another run is at work in this workspace."""


_PATIENCE_SECONDS = 30.0
"""For another run to end: one that was killed takes its workers along, but not at once."""

_POLL_SECONDS = 0.2


class Pipeline:
    """The stages of dvc.yaml and what dvc.lock says of them, read once.

    As in ``dvc repro``, what other processes write to dvc.lock meanwhile is about other stages and need not be known.
    """

    def __init__(self, targets: Iterable[str] = ()) -> None:
        """Load the pipeline.

        Args:
            targets: what `dvc repro` takes as targets; none for everything in dvc.yaml.

        Raises:
            PipelineError: DVC cannot read dvc.yaml.
            TargetError: there is no such target in it.
        """
        try:
            self._repo = Repo(_wait_for_lock=True)
            with lock_repo(self._repo):
                graph = get_active_graph(self._repo.index.graph)
                stages = plan_repro(graph, self._chosen(targets))
        except TargetError:
            raise
        except Exception as error:  # DVC's parser meets some mistakes unprepared: `seeds: 3` ends in a TypeError
            raise PipelineError(f"{error}; `dvc dag` may say more, mend it and run again.") from error
        self._stages: dict[str, Stage] = {stage.addressing: stage for stage in stages}
        self._new = [stage.addressing for stage in stages if not any(out.hash_info for out in stage.outs)]
        self._unwritten: list[Stage] = []
        self._written = time.monotonic()
        self.graph: nx.DiGraph = nx.relabel_nodes(graph.subgraph(stages), {stage: stage.addressing for stage in stages})
        """By name of stage; an edge leads from a stage to one whose outputs it reads."""

    def _chosen(self, targets: Iterable[str]) -> list[Stage]:
        try:
            return collect_stages(self._repo, list(targets) or [PROJECT_FILE])
        except DvcException as error:
            raise TargetError(f"{error}; name a target that `dvc repro` knows, `dvc stage list` lists them.") from error

    @property
    def repo(self) -> Repo:
        """What DVC has loaded."""
        return self._repo

    def stage(self, name: str) -> Stage:
        """Return a stage as it was loaded."""
        return self._stages[name]

    @property
    def names(self) -> list[str]:
        """All stages that the targets need, themselves included, in the order in which ``dvc repro`` takes them."""
        return list(self._stages)

    @property
    def inputs(self) -> list[str]:
        """Files and folders that stages depend on, and those that say so, relative to the workspace."""
        read = {dep.def_path for stage in self._stages.values() for dep in stage.deps}
        return sorted({PROJECT_FILE, LOCK_FILE, *read})

    def changed(self) -> set[str]:
        """Return the stages that are not up to date, by their own code, parameters, inputs and outputs.

        Raises:
            BusyError: another run is at work on one of them, and goes on.
        """
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with lock_repo(self._repo):
                    return {name for name, stage in self._stages.items() if stage.changed()}
            except LockError as error:
                if time.monotonic() > deadline:
                    holder = re.search(r"\(PID (\d+)\): (.*)", str(error))
                    process = f"process {holder[1]}, {holder[2]}" if holder else str(error)
                    raise BusyError(
                        f"Another run is at work in this workspace ({process}); "
                        "wait for it to end, or end it, and run again."
                    ) from error
                time.sleep(_POLL_SECONDS)

    def reproduce(self, name: str) -> bool:
        """Do what ``dvc repro --single-item`` does, but leave dvc.lock to :meth:`write_lockfile`.

        Returns:
            Whether the stage had changed.

        Raises:
            DvcException: the stage failed.
        """
        stage = self._stages[name]
        with self.locked():
            _forget_lost_outputs(stage)
            if stage.reproduce() is None:
                return False
            self._unwritten.append(stage)
            return True

    def ran_elsewhere(self, name: str) -> None:
        """Take note that the workspace holds what a stage has written, and leave dvc.lock to :meth:`write_lockfile`."""
        stage = self._stages[name]
        stage.save()
        stage.commit()
        self._unwritten.append(stage)

    def write_lockfile(self, every: float = 0) -> None:
        """Write down in dvc.lock what has been reproduced, unless it was written less than ``every`` seconds ago.

        DVC reads and writes the whole file for every stage, which for a long one takes seconds. A stage that was not
        written down before its process is killed comes back from the run-cache.
        """
        if not self._unwritten or time.monotonic() < self._written + every:
            return
        with self.locked():
            for _, stages in groupby(sorted(self._unwritten, key=lambda stage: stage.path), lambda stage: stage.path):
                together = list(stages)
                together[0].dvcfile.dump_stages(together, update_pipeline=False)
        self._unwritten.clear()
        self._written = time.monotonic()

    def sort_lockfile(self) -> None:
        """Put stages that are new in dvc.lock since this was loaded into the order in which ``dvc repro`` adds them."""
        if len(self._new) < 2:
            return
        with self.locked(), modify_yaml(LOCK_FILE) as content:
            for name in self._new:
                if name in content.get("stages", {}):
                    content["stages"].move_to_end(name)

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold DVC's lock of the workspace: nobody else writes."""
        with lock_repo(self._repo), self._repo.scm_context(quiet=True):
            yield


def _forget_lost_outputs(stage: Stage) -> None:
    """Let DVC look into the run-cache for a stage whose outputs, as dvc.lock names them, are not all in the cache.

    If nothing else of the stage has changed, DVC looks for just these outputs, and runs the stage if it lacks one. But
    a dvc.lock that another run has written, such as the committed one, names other wall-clock times.
    """
    if stage.changed() and not stage.outs_cached():
        for out in stage.outs:
            out.hash_info = HashInfo()
