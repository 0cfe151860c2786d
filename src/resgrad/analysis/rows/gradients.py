"""How evenly gradients reach the layers: at the initial weights (early) and over the last quarter of the steps (late).

The ratio is log10 of the gradient's L2 norm at the first layer over that at the last layer like it: first and last
convolution, or first and last hidden layer where all are fully connected; the head, of another kind, is left aside.
Below 0 gradients vanish on their way back to the input, above 0 they explode (Hochreiter 1991; Glorot and Bengio 2010,
section 4.2). Better is nearer to 0, so the *imbalance* is the magnitude of the ratio. The growth is the factor from one
layer to the one before it, fitted over all layers but the ends with an intercept for every shape. Every recorded step
has a verdict too, vanishing, healthy or exploding, by the thresholds in params.yaml; late, it is a share of the steps.
Dead layers are those whose gradient is exactly 0. A run that diverged before the last quarter has nothing finite there:
it counts as exploding, all its layers as not finite, and it has no ratio. Primary: imbalance at the initial weights,
before training can make up for it.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from resgrad.analysis.gradient_flow import PHASES, RATIO, first_to_last, with_phase
from resgrad.analysis.growth import log10_per_layer
from resgrad.analysis.rows.row import Measure, Row
from resgrad.analysis.runs import RUN, read_table
from resgrad.cells import Cell
from resgrad.gradients.verdicts import VerdictsConfig, judge, signals

NAMES = dict(zip(PHASES, ("early", "late"), strict=True))

AFTER_DIVERGENCE = {"vanishing": 0.0, "exploding": 1.0, "bad_layers": 1.0}
"""Shares of a phase that a run did not live to see."""

ROW = Row(
    "gradients",
    "gradient challenges",
    (
        Measure("gradient_imbalance_early", "gradient imbalance, early (decades from even)", "lower", ".2f"),
        Measure("gradient_imbalance_late", "gradient imbalance, late (decades from even)", "lower", ".2f"),
        Measure("gradient_log10_ratio_early", "log10(first / last gradient), early", None, "+.2f"),
        Measure("gradient_log10_ratio_late", "log10(first / last gradient), late", None, "+.2f"),
        Measure("gradient_growth_early", "growth of the gradient per layer towards the input, early", None, ".3f"),
        Measure("gradient_growth_late", "growth of the gradient per layer towards the input, late", None, ".3f"),
        Measure("vanishing_early", "share of runs vanishing, early", "lower", ".2f"),
        Measure("vanishing_late", "share of steps vanishing, late", "lower", ".2f"),
        Measure("exploding_early", "share of runs exploding, early", "lower", ".2f"),
        Measure("exploding_late", "share of steps exploding, late", "lower", ".2f"),
        Measure("bad_layers_early", "share of layers dead or not finite, early", "lower", ".2%"),
        Measure("bad_layers_late", "share of layers dead or not finite, late", "lower", ".2%"),
    ),
    __doc__,
)

COLUMNS = [*RUN, "step", "layer", "layer_index", "kind", "param", "numel", "grad_norm", "weight_norm"]


def load_verdicts(folder: Path, cells: Iterable[Cell], config: VerdictsConfig) -> pd.DataFrame:
    """Judge every recorded step of some runs.

    Args:
        folder: holds one gradient table per run, named as the cell.
        cells: the runs to read.
        config: the thresholds.

    Returns:
        a row per run and recorded step: variant, depth, seed, step, lowest, highest, verdict.

    Raises:
        RunError: a table is missing or damaged.
    """
    step = [*RUN, "step"]
    tables = (read_table(folder / f"{cell.name}.parquet", cell, COLUMNS) for cell in cells)
    return pd.concat([judge(signals(table, step), step, config) for table in tables], ignore_index=True)


def measure(norms: pd.DataFrame, verdicts: pd.DataFrame, diverged: pd.DataFrame) -> pd.DataFrame:
    """Measure how evenly gradients reach the layers of each run.

    Args:
        norms: from :func:`~resgrad.analysis.gradient_flow.load_norms`.
        verdicts: from :func:`load_verdicts`.
        diverged: a row per run: variant, depth, seed, diverged.

    Returns:
        a row per run: variant, depth, seed and the measures of :data:`ROW`; NaN where undefined.
    """
    of_layer = with_phase(norms)
    of_layer["bad_layers"] = ~np.isfinite(of_layer["grad_norm"]) | (of_layer["grad_norm"] == 0)
    of_step = with_phase(verdicts)
    for verdict in ("vanishing", "exploding"):
        of_step[verdict] = of_step["verdict"] == verdict
    ratios = first_to_last(norms).set_index(RUN)
    growth = log10_per_layer(of_layer, [*RUN, "phase"])
    table = diverged.set_index(RUN)
    for phase, name in NAMES.items():
        ratio = ratios[RATIO + phase.replace(" ", "_")]
        table[f"gradient_log10_ratio_{name}"] = ratio
        table[f"gradient_imbalance_{name}"] = ratio.abs()
        slopes = growth[growth["phase"] == phase].set_index(RUN)["log10_per_layer"]
        table[f"gradient_growth_{name}"] = 10 ** slopes.reindex(table.index)
        for share, lost in AFTER_DIVERGENCE.items():
            rows = of_layer if share == "bad_layers" else of_step
            seen = rows[rows["phase"] == phase].groupby(RUN)[share].mean().reindex(table.index)
            table[f"{share}_{name}"] = seen.mask(seen.isna() & table["diverged"], lost)
    return table.drop(columns="diverged").reset_index()
