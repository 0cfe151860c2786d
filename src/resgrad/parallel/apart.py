"""Workers and a run that share nothing but a DVC remote: how stages and results go from one workspace to another."""

from collections.abc import Iterable, Mapping

import networkx as nx

from resgrad.parallel.exchange import Entry, Exchange, ExchangeError
from resgrad.parallel.pipeline import Pipeline


class Apart:
    """A workspace to which others' results come by the DVC remote."""

    def __init__(self, pipeline: Pipeline) -> None:
        """Find the remote.

        Raises:
            ExchangeError: there is none that could be used.
        """
        self._pipeline = pipeline
        with pipeline.locked():
            self._exchange = Exchange(pipeline.repo)
        self._brought: dict[str, Entry | None] = {}

    def send_inputs(self, graph: nx.DiGraph, stages: set[str], changed: set[str]) -> None:
        """Upload what this workspace has and other ones will need.

        Args:
            graph: edges lead from a stage to one that it depends on.
            stages: that will run elsewhere.
            changed: those of which dvc.lock and outputs are not to be used.

        Raises:
            ExchangeError: this failed.
        """
        read = {need for stage in stages for need in graph.successors(stage)}
        with self._pipeline.locked():
            self._exchange.offer(sorted((stages | read) - changed))

    def reproduce(self, name: str, intact: bool, needs: Mapping[str, Entry]) -> tuple[bool, Entry | None]:
        """Reproduce a stage in this workspace, and upload the result.

        Args:
            name: of the stage.
            intact: whether the run's workspace has its outputs as dvc.lock names them.
            needs: results of the stages that have run anew and that it depends on.

        Returns:
            Whether the stage had changed; and its entry in the remote if so.

        Raises:
            ExchangeError: the remote failed.
            DvcException: the stage failed.
        """
        stage = self._pipeline.stage(name)
        with self._pipeline.locked():
            for need, entry in needs.items():
                self._bring(need, entry)
            self._obtain(need for need in self._pipeline.graph.successors(name) if need not in needs)
            if intact and not stage.changed(allow_missing=True):
                return False, None
            if not ((entry := self._exchange.find(stage)) and self._exchange.accept(stage, entry)):
                stage.run(force=True)
                entry = self._exchange.publish(stage)
            self._brought[name] = entry
            return True, entry

    def receive(self, name: str, entry: Entry) -> None:
        """Bring what a stage has written elsewhere into this workspace, and note it for dvc.lock.

        Raises:
            ExchangeError: it read something else than there is here, or the remote does not have it.
        """
        with self._pipeline.locked():
            stage = self._pipeline.stage(name)
            self._exchange.check_inputs(stage, entry)
            self._bring(name, entry)
            self._pipeline.ran_elsewhere(name)

    def _bring(self, name: str, entry: Entry) -> None:
        if self._brought.get(name) != entry:
            if not self._exchange.accept(self._pipeline.stage(name), entry):
                raise ExchangeError(
                    f"The outputs of {name} are not in the DVC remote as it is seen from here; "
                    "give every machine the same remote, and run again."
                )
            self._brought[name] = entry

    def _obtain(self, names: Iterable[str]) -> None:
        lacking = [name for name in names if name not in self._brought]
        self._exchange.obtain(lacking)
        self._brought.update(dict.fromkeys(lacking))
