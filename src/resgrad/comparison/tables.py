"""The tables that the comparison of a dataset writes, for reports and users."""

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from resgrad.common.cells import VARIANTS
from resgrad.common.columns import DEPTH, LAYER, POSITION, RUN, SEED, STEP, VARIANT
from resgrad.common.tables import Column, Table
from resgrad.comparison.image_tests import ImageTests
from resgrad.comparison.rows import rows
from resgrad.gradients.statistics.log2_hist import BINS, LOWEST_EXPONENT

_MEASURES = [measure for row in rows().values() for measure in row.measures]
_WAYS = {"higher": "; higher is better", "lower": "; lower is better", None: ""}

RUNS = Table(
    "runs",
    "a run and its measures; NaN where one is undefined",
    (*RUN, *(Column(measure.name, pa.float64(), measure.title + _WAYS[measure.better]) for measure in _MEASURES)),
)

_PAIRED = (
    Column("n", pa.int64(), "pairs: seeds at which both variants have a value"),
    Column("difference", pa.float64(), "residual - plain, mean over the pairs"),
    Column("low", pa.float64(), "lower end of its 95 % t interval"),
    Column("high", pa.float64(), "upper end of it"),
    Column("p", pa.float64(), "two-sided, of the sign-flip test of the differences"),
    Column("effect", pa.float64(), "Hedges' g_z of the differences"),
    Column("effect_low", pa.float64(), "lower end of its 95 % interval"),
    Column("effect_high", pa.float64(), "upper end of it"),
)
"""The fields of :class:`~resgrad.comparison.significance.Paired`."""

_SPREADS = tuple(
    Column(f"{variant}_{name}", kind, f"{meaning} of the {variant} runs")
    for variant in VARIANTS
    for name, kind, meaning in (
        ("n", pa.float64(), "number"),
        ("mean", pa.float64(), "mean"),
        ("sd", pa.float64(), "standard deviation (n - 1)"),
    )
)

BY_DEPTH = Table(
    "by_depth",
    "a measure at a depth, plain against residual; NaN where undefined",
    (DEPTH, Column("measure", pa.string(), "a measure of the table of runs"), *_SPREADS, *_PAIRED),
)

VERDICTS = Table(
    "verdicts",
    "a row of the closing table: its primary measure at the greatest depth, and the verdict",
    (
        Column("row", pa.string(), "name of the row"),
        *_SPREADS,
        *_PAIRED,
        Column("p_holm", pa.float64(), "p after Holm's correction for the number of rows; NaN: too few pairs to pass"),
        Column("verdict", pa.string(), "residual better or worse, or why neither is said"),
    ),
)

CORRELATIONS = Table(
    "correlations",
    "two rows of the closing table: their primary measures over runs of the greatest depth, less their variant's mean",
    (
        Column("row", pa.string(), "name of the one"),
        Column("other", pa.string(), "of the other"),
        Column("n", pa.int64(), "runs at which both have a value"),
        Column("correlation", pa.float64(), "Pearson's; NaN where one is the same at all seeds"),
    ),
)

ROWS = Table(
    "rows",
    "a row of the closing table, as it is described and drawn",
    (
        Column("row", pa.string(), "name of the row"),
        Column("title", pa.string(), "the aspect, as the study calls it"),
        Column("definition", pa.string(), "what is measured, after whom, and what it cannot see"),
        Column("figure", pa.string(), "what its picture shows"),
        Column("heading", pa.string(), "of its panel in the picture of all rows"),
        Column("key", pa.string(), "what the marks in its picture mean"),
        Column("width", pa.float64(), "of a panel of its picture", "inches"),
    ),
)

MEASURES = Table(
    "measures",
    "a measure of a row, the primary one first",
    (
        Column("row", pa.string(), "name of the row"),
        Column("measure", pa.string(), "name of the measure"),
        Column("label", pa.string(), "for people, with an arrow that says which way is better"),
        Column("form", pa.string(), "Python's format of a value"),
    ),
)

PANELS = Table(
    "panels",
    "a panel of a row's picture; the first of a row stands in the picture of all rows",
    (
        Column("row", pa.string(), "name of the row"),
        Column("overview", pa.bool_(), "whether it is the panel in the picture of all rows"),
        Column("kind", pa.string(), "of panel, see resgrad.report.comparison.panels"),
        Column("table", pa.string(), "that it draws"),
        Column("title", pa.string(), "above it"),
        Column("label", pa.string(), "of the vertical axis; {target} stands for the target accuracy"),
        Column("column", pa.string(), "of the table, where the kind leaves a choice"),
        Column("scale", pa.string(), "of the vertical axis: share, from zero, powers of ten"),
        Column("hollow_column", pa.string(), "of the table of runs: decides which dots are hollow"),
        Column("hollow_value", pa.int64(), "its value at which they are"),
    ),
)

MCNEMAR = Table(
    "mcnemar",
    "a pair of twins at the greatest depth, neither of which diverged",
    (SEED, Column("log10_p", pa.float64(), "log10 of the two-sided p of McNemar's exact test on the test images")),
)

DISTRIBUTIONS = Table(
    "distributions",
    "a layer of the deepest networks of a variant at a recorded step, seeds pooled",
    (
        VARIANT,
        DEPTH,
        POSITION,
        LAYER,
        STEP,
        Column("nonfinite", pa.float64(), "share of the gradient's elements that are NaN or infinite"),
        Column("zero", pa.float64(), "share that are exactly 0"),
        Column(
            "shares",
            pa.list_(pa.float64(), BINS),
            f"element b: share with 2^(b{LOWEST_EXPONENT}) <= |g| < 2^(b{LOWEST_EXPONENT + 1}); the ends are open",
        ),
    ),
)

SNAPSHOTS = Table(
    "snapshots",
    "the raw gradient of the first weight layer at a step of the deepest run of a variant, first seed",
    (
        VARIANT,
        DEPTH,
        SEED,
        STEP,
        Column("shape", pa.list_(pa.int64()), "out x in x height x width of a convolution, out x in of a linear layer"),
        Column("gradient", pa.list_(pa.float32()), "of the mean loss, flattened in that order", "nats"),
    ),
)


def rows_table() -> pd.DataFrame:
    """Describe the rows: the frame of :data:`ROWS`."""
    return pd.DataFrame(
        {"row": name, **{column: getattr(row, column) for column in ROWS.schema.names[1:]}}
        for name, row in rows().items()
    )


def measures_table() -> pd.DataFrame:
    """List the measures: the frame of :data:`MEASURES`."""
    return pd.DataFrame(
        {"row": name, "measure": measure.name, "label": measure.label, "form": measure.form}
        for name, row in rows().items()
        for measure in row.measures
    )


def panels_table() -> pd.DataFrame:
    """List the panels: the frame of :data:`PANELS`."""
    return pd.DataFrame(
        {"row": name, "overview": overview, **_panel(panel._asdict())}
        for name, row in rows().items()
        for overview, panels in ((True, (row.overview,)), (False, row.panels or (row.overview,)))
        for panel in panels
    )


def mcnemar_table(images: ImageTests | None) -> pd.DataFrame:
    """List the tests of single twins: the frame of :data:`MCNEMAR`."""
    p = images.mcnemar_log10_p if images else {}
    return pd.DataFrame({"seed": list(p.keys()), "log10_p": list(p.values())})


def snapshots_table(snapshots: dict[str, dict[int, np.ndarray]], depth: int, seed: int) -> pd.DataFrame:
    """List raw gradients by variant and step: the frame of :data:`SNAPSHOTS`."""
    return pd.DataFrame(
        [
            (variant, depth, seed, step, list(gradient.shape), gradient.ravel())
            for variant, by_step in snapshots.items()
            for step, gradient in by_step.items()
        ],
        columns=SNAPSHOTS.schema.names,
    )


def _panel(fields: dict[str, Any]) -> dict[str, Any]:
    column, value = fields.pop("hollow")
    return {**fields, "hollow_column": column, "hollow_value": value}
