"""Plain against residual: every measure at every depth, and a verdict on each row of the closing table."""

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from resgrad.common.cells import VARIANTS
from resgrad.common.spread import spread
from resgrad.comparison.config import ComparisonConfig
from resgrad.comparison.decision import NOT_MEASURED, Words, correct, decide
from resgrad.comparison.findings import correlations, effective_number
from resgrad.comparison.image_tests import ImageTests, compare_on_images
from resgrad.comparison.row import Measure, Row
from resgrad.comparison.rows import rows
from resgrad.comparison.significance import compare_pairs, pairs_needed
from resgrad.comparison.survival import log_rank, smallest_log_rank_p
from resgrad.gradients.statistics.log2_hist import LOWEST_EXPONENT
from resgrad.results.runs import Run

BETTER, WORSE = "residual better", "residual worse"
NOT_ENOUGH_DEPTHS = "not enough depths"


@dataclass(frozen=True)
class Comparison:
    """The comparison of plain and residual networks on a dataset.

    Attributes:
        depth: the greatest depth, at which verdicts are given.
        table: every measure at every depth, from :func:`compare_by_depth`.
        verdicts: from :func:`judge_rows`.
        images: tests on the test images at the greatest depth; None without twins.
        log_rank_p: p-value of the log-rank test on the times to target at the greatest depth; NaN where undefined.
        correlations: correlations of the rows, from :func:`~resgrad.comparison.findings.correlations`.
    """

    depth: int
    table: pd.DataFrame
    verdicts: pd.DataFrame
    images: ImageTests | None
    log_rank_p: float
    correlations: pd.DataFrame


def compare(
    measures: pd.DataFrame, runs: list[Run], groups: pd.Series, config: ComparisonConfig, *, seed: int
) -> Comparison:
    """Compare the runs of a dataset.

    Args:
        measures: measures of the runs, from :func:`~resgrad.comparison.rows.measure_rows`.
        runs: the runs.
        groups: the leaf of each image, by id; null where it has none.
        config: thresholds.
        seed: seed of the bootstrap.
    """
    depth = int(measures["depth"].max())
    deepest = [run for run in runs if run.cell.depth == depth]
    table = compare_by_depth(measures)
    return Comparison(
        depth=depth,
        table=table,
        verdicts=judge_rows(table, config.alpha),
        images=compare_on_images(deepest, groups, resamples=config.resamples, seed=seed),
        log_rank_p=log_rank(measures[measures["depth"] == depth]),
        correlations=correlations(measures),
    )


def compare_by_depth(measures: pd.DataFrame) -> pd.DataFrame:
    """Compare the variants by every measure at every depth.

    Args:
        measures: from :func:`~resgrad.comparison.rows.measure_rows`.

    Returns:
        a row per depth and measure (the index): plain_n, plain_mean, plain_sd, residual_n, residual_mean, residual_sd
        (over the runs that have a value), and the results of :func:`~resgrad.comparison.significance.compare_pairs` for
        the differences residual - plain over the seeds at which both have one; NaN where undefined.
    """
    undefined = {f"{variant}_{name}": math.nan for variant in VARIANTS for name in ("n", "mean", "sd")}
    table = []
    for depth, runs in measures.groupby("depth", sort=True):
        by_variant = {variant: runs[runs["variant"] == variant].set_index("seed") for variant in VARIANTS}
        for measure in (measure for row in rows().values() for measure in row.measures):
            values = {variant: of_variant[measure.name] for variant, of_variant in by_variant.items()}
            spreads = {f"{variant}_{name}": x for variant in VARIANTS for name, x in spread(values[variant]).items()}
            pairs = compare_pairs(values["residual"] - values["plain"])
            table.append({"depth": depth, "measure": measure.name, **undefined, **spreads, **pairs._asdict()})
    return pd.DataFrame(table).set_index(["depth", "measure"])


def judge_rows(table: pd.DataFrame, alpha: float) -> pd.DataFrame:
    """Give a verdict on every row of the closing table, by its primary measure at the greatest depth.

    Args:
        table: from :func:`compare_by_depth`.
        alpha: significance level, which a corrected p-value must be below.

    Returns:
        a row per row of the closing table (the index: its name): the primary measure's columns of ``table``, p_holm
        (from :func:`~resgrad.comparison.decision.correct`) and verdict.
    """
    depths = table.index.unique("depth")
    verdicts = table.loc[[(depths.max(), row.primary.name) for row in rows().values()]]
    verdicts.index = pd.Index(list(rows()), name="row")
    verdicts["p_holm"] = correct(verdicts, alpha)
    verdicts["verdict"] = [
        _verdict(row, primary, len(depths), alpha)
        for row, (_, primary) in zip(rows().values(), verdicts.iterrows(), strict=True)
    ]
    return verdicts


def comparison_metrics(comparison: Comparison) -> dict[str, Any]:
    """Select the metrics that are compared between commits: few, and named by which direction is better.

    Returns:
        for the greatest depth, ``depth-56`` -> ``higher_is_better`` and ``lower_is_better`` -> measure -> plain,
        residual (means over seeds); ``residual_minus_plain`` -> measure; ``holm_log10_p`` -> measure; ``runs`` ->
        plain, residual; ``test_accuracy_difference_over_leaves`` (or images) -> low, high; ``mcnemar_log10_p`` ->
        ``seed-0``. Undefined values are left out.
    """
    at_depth = comparison.table.loc[comparison.depth]
    numbers: dict[str, Any] = defaultdict(lambda: defaultdict(dict))
    for variant in VARIANTS:
        numbers["runs"][variant] = int(at_depth[f"{variant}_n"]["test_accuracy"])
        for measure in _published_measures():
            mean = at_depth[f"{variant}_mean"][measure.name]
            numbers[f"{measure.better}_is_better"][measure.name][variant] = float(mean)
    for name, row in rows().items():
        numbers["residual_minus_plain"][row.primary.name] = float(comparison.verdicts["difference"][name])
        # The smallest normal double stands for any smaller p.
        p = max(comparison.verdicts["p_holm"][name], np.finfo(float).tiny)
        numbers["holm_log10_p"][row.primary.name] = math.log10(p)
    if comparison.images is not None:
        ends = {"low": comparison.images.low, "high": comparison.images.high}
        numbers[f"test_accuracy_difference_over_{comparison.images.unit}"] = ends
        numbers["mcnemar_log10_p"] = {f"seed-{seed}": p for seed, p in comparison.images.mcnemar_log10_p.items()}
    return {f"depth-{comparison.depth}": _defined(numbers)}


def about(
    comparison: Comparison, config: ComparisonConfig, *, dataset: str, provenance: str, target: float
) -> dict[str, Any]:
    """Return what the tables of a comparison are about: its thresholds, and the tests that are single numbers.

    Args:
        comparison: the comparison.
        config: its thresholds.
        dataset: name of the dataset.
        provenance: embedded, official or custom.
        target: validation accuracy at which a network counts as having learnt.

    Returns:
        names and values; undefined values are left out.
    """
    images = comparison.images
    single = {"log_rank_p": comparison.log_rank_p, "findings": effective_number(comparison.correlations)}
    if images is not None:
        single |= {f"images_{name}": getattr(images, name) for name in ("difference", "low", "high")}
    return {
        "dataset": dataset,
        "provenance": provenance,
        "depth": comparison.depth,
        "target": target,
        "alpha": config.alpha,
        "pairs_needed": pairs_needed(len(rows()), config.alpha),
        "log_rank_floor": smallest_log_rank_p(*_timed(comparison)),
        "lowest_exponent": LOWEST_EXPONENT,
        **({} if images is None else {"images_unit": images.unit, "images_units": images.units}),
        **_defined(single),
    }


def _timed(comparison: Comparison) -> list[int]:
    """Count the runs of each variant at the greatest depth that have a time to target."""
    deepest = comparison.table.xs(comparison.depth, level="depth")
    return [int(deepest[f"{variant}_n"]["steps_to_target"]) for variant in VARIANTS]


def _published_measures() -> list[Measure]:
    """List the measures that are compared between commits."""
    return [
        measure for row in rows().values() for measure in row.measures if measure == row.primary or measure.published
    ]


def _verdict(row: Row, primary: pd.Series, depths: int, alpha: float) -> str:
    if row.needs_depths and depths < 2:
        return NOT_ENOUGH_DEPTHS
    if not any(primary[f"{variant}_n"] for variant in VARIANTS):
        return NOT_MEASURED
    words = Words(BETTER, WORSE) if row.primary.better == "higher" else Words(WORSE, BETTER)
    return decide(primary, tests=len(rows()), alpha=alpha, words=words)


def _defined(values: dict[str, Any]) -> dict[str, Any]:
    """Leave out NaN, and groups that contain nothing else."""
    kept = {}
    for name, value in values.items():
        if isinstance(value, dict):
            if inner := _defined(value):
                kept[name] = inner
        elif not math.isnan(value):
            kept[name] = value
    return kept
