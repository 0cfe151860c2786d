"""A frozen study: the tables of one finished run, in docs/study/<name>.

=================================  =====================================================================================
file                               contents
=================================  =====================================================================================
``params.yaml``                    the parameters of the run, without ``source`` and ``leaf_map``, which name locations
``<page>-<dataset>.md``            the page, as the pipeline wrote it
``<page>-<dataset>/*.csv``         its tables that README.md or docs/ are based on (docs/tables.md explains them)
``<page>-<dataset>/about.json``    what the tables are about, including provenance
``<page>-<dataset>/*.png``         the pictures that README.md or docs/ show
``probe.md``, ``probe/*``          likewise
=================================  =====================================================================================
"""

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from resgrad.common.config import read
from resgrad.common.tables import ABOUT
from resgrad.comparison.comparison import compare_by_depth, judge_rows
from resgrad.comparison.tables import RUNS

NAMES = {
    ("mnist", "embedded"): "embedded digits (not MNIST)",
    ("mnist", "official"): "MNIST",
    ("mnist", "custom"): "digits from a user's own source",
    ("plantvillage", "embedded"): "drawn leaves (not PlantVillage)",
    ("plantvillage", "official"): "PlantVillage",
    ("plantvillage", "custom"): "part of PlantVillage",
    ("fashion_mnist", "official"): "Fashion-MNIST",
    ("cifar10", "official"): "CIFAR-10",
    ("cifar10_jpeg", "custom"): "CIFAR-10, JPEG copies",
    ("beans", "custom"): "bean leaves (iBean, 133 photographs)",
}
"""The name of a data set in results, by where its data came from; others have their name in params.yaml."""


class Study:
    """The data of one frozen run for the pages."""

    def __init__(self, folder: Path) -> None:
        """Open the study in ``folder``; files are read on first access, and only once."""
        self.folder = folder
        self.table = cache(self._read_table)
        self.by_depth = cache(self._by_depth)
        self.verdicts = cache(self._verdicts)

    def _read_table(self, page: str, name: str) -> pd.DataFrame:
        """Read a table of a page, such as ``comparison-mnist`` and ``runs``."""
        return pd.read_csv(self.folder / page / f"{name}.csv")

    def has(self, page: str, name: str) -> bool:
        """Say whether the run was frozen with a table: older studies lack newer ones."""
        return (self.folder / page / f"{name}.csv").exists()

    def about(self, page: str) -> dict[str, Any]:
        """Read the description of a page's tables."""
        return json.loads((self.folder / page / ABOUT).read_text(encoding="utf-8"))

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The parameters of the run."""
        return read(self.folder / "params.yaml")

    @property
    def alpha(self) -> float:
        """Significance level of the verdicts."""
        return self.parameters["comparison"]["alpha"]

    @property
    def datasets(self) -> list[str]:
        """The data sets of the run."""
        return self.parameters["datasets"]

    @property
    def depth(self) -> int:
        """The greatest depth, at which verdicts are given."""
        return max(self.parameters["depths"])

    def provenance(self, dataset: str) -> str:
        """Return embedded, official or custom: where the run's data came from."""
        return self.about(f"comparison-{dataset}")["provenance"]

    def name(self, dataset: str) -> str:
        """Return the name of the data, so that no sample passes for the set that it stands in for."""
        provenance = self.provenance(dataset)
        return NAMES.get((dataset, provenance), f"{dataset} ({provenance})")

    def at_start(self, dataset: str) -> str:
        """Return the name capitalised to begin a sentence."""
        name = self.name(dataset)
        return name[0].upper() + name[1:]

    def epochs(self, dataset: str) -> int:
        """Return the number of epochs of each run."""
        return self.parameters["data"][dataset]["epochs"]

    def target(self, dataset: str) -> float:
        """Return the validation accuracy at which a network counted as having learnt."""
        return self.parameters["data"][dataset]["target_accuracy"]

    def runs(self, dataset: str, depth: int | None = None, variant: str | None = None) -> pd.DataFrame:
        """Read a row per run, indexed by seed; only of one depth and variant if they are given."""
        runs = self.table(f"comparison-{dataset}", "runs")
        if depth is not None:
            runs = runs[runs["depth"] == depth]
        if variant is not None:
            runs = runs[runs["variant"] == variant]
        return runs.set_index("seed")

    def _by_depth(self, dataset: str) -> pd.DataFrame:
        """Compare the variants: see :func:`~resgrad.comparison.comparison.compare_by_depth`.

        In older studies, newer measures have no values.
        """
        runs = self.table(f"comparison-{dataset}", "runs")
        return compare_by_depth(runs.reindex(columns=RUNS.schema.names))

    def _verdicts(self, dataset: str) -> pd.DataFrame:
        """Judge the rows: see :func:`~resgrad.comparison.comparison.judge_rows`."""
        return judge_rows(self.by_depth(dataset), self.alpha)


class Studies:
    """All frozen studies of a repository, by name."""

    def __init__(self, root: Path) -> None:
        """Open the studies below docs/study of the repository at ``root``."""
        self.folder = root / "docs/study"
        self._studies: dict[str, Study] = {}

    def __getitem__(self, name: str) -> Study:
        return self._studies.setdefault(name, Study(self.folder / name))
