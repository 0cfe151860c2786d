"""The parts of a row of the closing table."""

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
    """The inputs of the rows of one dataset; inputs that only some rows need are computed on first access.

    Attributes:
        runs: all finished trainings.
        gradients: folder with their gradient tables.
        tolerance: folder with the tables of the trainings at other learning rates, with their own depth and seeds.
        thresholds: thresholds of the verdicts on gradients.
        target: target validation accuracy of training efficiency and training time.
        training_images: number of training images in one epoch.
        alpha: significance level of the tests that a row makes itself.
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
        """The cells of the runs."""
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
        name: name of the column.
        title: title for readers.
        better: which direction is better; None if neither is.
        form: format of a value, as in ``format(value, form)``.
        published: whether its means are compared between commits, as those of a row's primary measure always are.
    """

    name: str
    title: str
    better: Literal["higher", "lower"] | None
    form: str = ".3f"
    published: bool = False

    @property
    def label(self) -> str:
        """The title with an arrow that shows which direction is better."""
        return self.title + {"higher": " ↑", "lower": " ↓", None: ""}[self.better]


class Panel(NamedTuple):
    """A panel of a row's picture, described so that the report can draw it.

    Attributes:
        kind: kind of panel: a module of ``resgrad.report.comparison.panels``.
        table: the table that it draws: that of the runs, or one of the row's own.
        title: title above it, in the row's own picture; kinds that draw one panel per depth leave it out.
        label: label of the vertical axis; ``{target}`` stands for the target accuracy.
        column: column of the table, if the kind leaves a choice.
        scale: vertical axis: a share from 0 to 1, any value from 0 up, or log10 values shown as powers of ten.
        hollow: a column of the table of runs, and its value at which a run's dot is hollow.
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
        place: place in the table, from 1.
        title: the aspect, in the study's terms.
        measures: its measures; the first is the primary one, which alone decides the verdict.
        measure: computes them: a row per run with variant, depth, seed and every measure; NaN where undefined. There
            may be further seeds, from trainings of the row's own.
        definition: Markdown: what is measured, with sources, and what it cannot see; a docstring, so None if Python
            drops docstrings (``-OO``).
        overview: its panel in the picture of all rows.
        heading: heading of that panel.
        panels: panels of its own picture; only the overview's if there are no others.
        figure: what its own picture shows, in a few words.
        key: what the marks in its own picture mean.
        width: width of each panel, in inches.
        tables: tables that the panels draw, besides that of the runs.
        needs_depths: whether it compares depths, and is undefined with a single one.
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
