"""What a row of the closing table consists of."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal, NamedTuple

import pandas as pd

from resgrad.common.cells import Cell
from resgrad.common.tables import Table
from resgrad.comparison.targets import times_to_target
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.results.gradient_flow import load_norms, load_verdicts
from resgrad.results.metrics import measure_runs
from resgrad.results.runs import Run
from resgrad.tolerance import tables


@dataclass(frozen=True)
class Evidence:
    """What the rows of one dataset measure from; what only some of them need is computed when asked for.

    Attributes:
        runs: all finished trainings.
        gradients: folder with their gradient tables.
        tolerance: folder with the tables of the trainings at other learning rates, whose depth and seeds are their own.
        thresholds: of the verdicts on gradients.
        target: validation accuracy that efficiency and training time are measured to.
        training_images: in one epoch.
        alpha: level of the tests that a row makes itself.
    """

    runs: list[Run]
    gradients: Path
    tolerance: Path
    thresholds: VerdictsConfig
    target: float
    training_images: int
    alpha: float

    @property
    def cells(self) -> list[Cell]:
        """Which trainings they are."""
        return [run.cell for run in self.runs]

    @cached_property
    def results(self) -> pd.DataFrame:
        """See :func:`~resgrad.results.metrics.measure_runs`."""
        return measure_runs(self.runs)

    @cached_property
    def norms(self) -> pd.DataFrame:
        """See :func:`~resgrad.results.gradient_flow.load_norms`."""
        return load_norms(self.gradients, self.cells)

    @cached_property
    def verdicts(self) -> pd.DataFrame:
        """See :func:`~resgrad.results.gradient_flow.load_verdicts`."""
        return load_verdicts(self.gradients, self.cells, self.thresholds)

    @cached_property
    def times(self) -> pd.DataFrame:
        """See :func:`~resgrad.comparison.targets.times_to_target`."""
        return times_to_target(self.runs, self.target)

    @property
    def tolerances(self) -> pd.DataFrame:
        """See :data:`~resgrad.tolerance.tables.TOLERANCES`."""
        return self._of_tolerance(tables.TOLERANCES)

    @property
    def accuracy_by_rate(self) -> pd.DataFrame:
        """See :data:`~resgrad.tolerance.tables.ACCURACY_BY_RATE`."""
        return self._of_tolerance(tables.ACCURACY_BY_RATE)

    def _of_tolerance(self, table: Table) -> pd.DataFrame:
        return table.read(self.tolerance / f"{table.name}.parquet")


class Measure(NamedTuple):
    """A column of the table of runs.

    Attributes:
        name: of the column.
        title: for people.
        better: which way is better; None where neither is.
        form: format of a value, as in ``format(value, form)``.
        published: whether its means are compared from commit to commit, as those of a row's primary measure are.
    """

    name: str
    title: str
    better: Literal["higher", "lower"] | None
    form: str = ".3f"
    published: bool = False

    @property
    def label(self) -> str:
        """The title with an arrow that says which way is better."""
        return self.title + {"higher": " ↑", "lower": " ↓", None: ""}[self.better]


class Panel(NamedTuple):
    """What a row's picture shows, in words that the report can draw.

    Attributes:
        kind: of panel: a module of ``resgrad.report.comparison.panels``.
        table: what it draws: the table of runs, or one of the row's own.
        title: above it, in the row's own picture; kinds that draw a panel a depth leave it out.
        label: of the vertical axis; ``{target}`` stands for the target accuracy.
        column: of the table, where the kind leaves a choice.
        scale: of the vertical axis: a share from 0 to 1, anything from 0 up, or log10 values shown as powers of ten.
        hollow: a column of the table of runs, and the value of it at which a run's dot is hollow.
    """

    kind: str
    table: str = "runs"
    title: str = ""
    label: str = ""
    column: str = ""
    scale: Literal["share", "from zero", "powers of ten"] = "share"
    hollow: tuple[str, int] = ("diverged", 1)


@dataclass(frozen=True)
class Row:
    """A row of the closing table.

    Attributes:
        place: in the table, from 1.
        title: the aspect, as the study calls it.
        measures: its measures; the first is the primary one, which alone decides the verdict.
        measure: computes them: a row per run with variant, depth, seed and every measure; NaN where undefined. Other
            seeds may come on top, of trainings of the row's own.
        definition: Markdown: what is measured, after whom, and what it cannot see; a docstring, so None
            where Python drops those (``-OO``).
        overview: its panel in the picture of all rows.
        heading: of that panel.
        panels: of its own picture; the overview's alone where there are no others.
        figure: what its own picture shows, in a few words.
        key: what the marks in its own picture mean.
        width: of each panel, in inches.
        tables: what the panels draw besides the table of runs.
        needs_depths: whether it compares depths, and says nothing about a single one.
    """

    place: int
    title: str
    measures: tuple[Measure, ...]
    measure: Callable[[Evidence], pd.DataFrame]
    definition: str | None
    overview: Panel
    heading: str
    figure: str
    key: str
    panels: tuple[Panel, ...] = ()
    width: float = 4.6
    tables: dict[Table, Callable[[Evidence], pd.DataFrame]] = field(default_factory=dict)
    needs_depths: bool = False

    @property
    def primary(self) -> Measure:
        """The measure that decides the verdict."""
        return self.measures[0]
