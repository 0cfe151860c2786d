"""Gradient norms of the weights, layer by layer from input to output."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from resgrad.common.cells import Cell
from resgrad.common.spread import over_seeds
from resgrad.gradients.recorder import WEIGHT_LAYERS
from resgrad.gradients.verdicts import VerdictsConfig, hidden_signals, judge, signals
from resgrad.results.runs import RUN, read_table

FLOOR = float(np.log10(np.finfo(np.float32).smallest_subnormal))
"""log10 of 1.4e-45, the smallest positive float32 number; a norm of 0 counts as this."""

CEILING = float(np.log10(np.finfo(np.float32).max))
"""log10 of 3.4e38, the largest finite float32 number."""

PHASES = ("first step", "last quarter")
"""At the initial weights, and over the last quarter of the steps. A mean over all steps would show neither: gradients
that first explode towards the input and later vanish average out."""

RATIO = "gradient_log10_first_to_last."

STATISTICS = ["grad_norm", "weight_norm"]
READ_BY = "the verdicts and norms of gradients"
"""Statistics that gradient tables must have, and what reads them; ``check`` refuses parameters without them."""

NORM_COLUMNS = [*RUN, "step", "layer", "layer_index", "kind", "param", "numel", "grad_norm"]
SIGNAL_COLUMNS = [*NORM_COLUMNS, "weight_norm"]


def load_norms(folder: Path, cells: Iterable[Cell]) -> pd.DataFrame:
    """Read the gradient norms of the weights on the main path, those of convolutions and linear layers.

    Args:
        folder: holds one gradient table per run, with the cell's name.
        cells: the runs to read.

    Returns:
        a row per run, recorded step and layer: variant, depth, seed, step, layer, kind, position (of the layer on the
        main path, from 1 at the input to depth at the output), numel, grad_norm, log10_norm (NaN if the norm is not
        finite).

    Raises:
        RunError: a table is missing or damaged.
    """
    return pd.concat([_norms(read_table(folder / f"{cell.name}.parquet", cell, NORM_COLUMNS)) for cell in cells])


def load_verdicts(folder: Path, cells: Iterable[Cell], config: VerdictsConfig) -> pd.DataFrame:
    """Judge every recorded step of some runs.

    Args:
        folder: holds one gradient table per run, with the cell's name.
        cells: the runs to read.
        config: the thresholds.

    Returns:
        a row per run and recorded step: variant, depth, seed, step, lowest, highest, verdict, and hidden_spread: the
        range of the hidden layers' signals, in powers of ten (see
        :func:`~resgrad.gradients.verdicts.hidden_signals`; clipped to :data:`FLOOR` and :data:`CEILING`, NaN if there
        are none).

    Raises:
        RunError: a table is missing or damaged.
    """
    step = [*RUN, "step"]
    tables = (read_table(folder / f"{cell.name}.parquet", cell, SIGNAL_COLUMNS) for cell in cells)
    found = (signals(table, step) for table in tables)
    return pd.concat(
        [judge(of, step, config).merge(_hidden_spread(of, step), on=step, how="left") for of in found],
        ignore_index=True,
    )


def main_path(table: pd.DataFrame) -> pd.DataFrame:
    """Keep the weights on the main path, those of convolutions and linear layers.

    A projection is also a convolution, but beside the main path: its kind is shortcut.

    Args:
        table: the gradient table of one run, or some columns of it.

    Returns:
        those rows, with the position of their layer on the main path, from 1 at the input, in ``position``.
    """
    weights = table[table["kind"].isin(WEIGHT_LAYERS) & (table["param"] == "weight")]
    return weights.assign(position=weights["layer_index"].rank(method="dense").astype(int))


def norms_by_layer(norms: pd.DataFrame) -> pd.DataFrame:
    """Average norms over the recorded steps of each phase, then over seeds.

    Means are taken over log10, so they are geometric means of the norms. A norm of 0 counts as :data:`FLOOR`;
    non-finite norms are left out.

    Args:
        norms: from :func:`load_norms`.

    Returns:
        a row per variant, depth, phase and position: layer, log10_norm, log10_norm_min, log10_norm_max (NaN if no seed
        has a finite norm), zeros, nonfinite (numbers of such norms, over all seeds).
    """
    norms = with_phase(norms)
    layer = ["variant", "depth", "phase", "position", "layer"]
    of_seed = norms.groupby([*layer, "seed"], sort=True)["log10_norm"].mean().reset_index()
    counts = norms.assign(zeros=norms["grad_norm"] == 0, nonfinite=norms["log10_norm"].isna())
    counts = counts.groupby(layer, sort=True)[["zeros", "nonfinite"]].sum().reset_index()
    return over_seeds(of_seed, layer, ["log10_norm"]).merge(counts, on=layer)


def first_to_last(norms: pd.DataFrame) -> pd.DataFrame:
    """Compare the gradient at the first layer with the one at the last layer of the same kind.

    That is the last convolution of a convolutional network, and the last hidden layer of a fully connected one. The
    head is excluded: its weights have another shape, which affects the norm.

    Args:
        norms: from :func:`load_norms`.

    Returns:
        a row per run: variant, depth, seed, and for each phase ``gradient_log10_first_to_last.<phase>``: log10 of the
        first layer's norm over the last one's, mean over the recorded steps at which both are finite. Negative:
        gradients shrink towards the input; positive: they grow; apart from the effect of the two layers' shapes on the
        norms. NaN: there is no such step.
    """
    norms = with_phase(norms)
    kind = norms.loc[norms["position"] == 1, "kind"].iloc[0]
    head = norms.groupby(RUN)["position"].transform("max")
    alike = norms[(norms["kind"] == kind) & (norms["position"] < head)].sort_values("position")
    step = [*RUN, "phase", "step"]
    first, last = (alike.drop_duplicates(step, keep=end).set_index(step)["log10_norm"] for end in ("first", "last"))
    ratio = first - last
    phase = ratio.index.get_level_values("phase")
    means = {RATIO + name.replace(" ", "_"): ratio[phase == name].groupby(level=RUN).mean() for name in PHASES}
    return pd.DataFrame(means).reset_index()


def with_phase(rows: pd.DataFrame) -> pd.DataFrame:
    """Add the phase, and drop the steps between the two phases; the last quarter is that of the longest run.

    A diverged run that stopped before it has no rows in it.

    Args:
        rows: a frame with a column ``step``.
    """
    step = rows["step"]
    phase = np.select([step == 0, step > step.max() * 3 / 4], PHASES, default="")
    return rows.assign(phase=phase)[phase != ""]


def _hidden_spread(signals: pd.DataFrame, of: list[str]) -> pd.DataFrame:
    ends = hidden_signals(signals, of)
    within = ends[["lowest", "highest"]].clip(FLOOR, CEILING)
    return ends[of].assign(hidden_spread=within["highest"] - within["lowest"])


def _norms(table: pd.DataFrame) -> pd.DataFrame:
    weights = main_path(table)
    norm = weights["grad_norm"].to_numpy()
    log10 = np.where(norm == 0, FLOOR, np.nan)
    np.log10(norm, out=log10, where=np.isfinite(norm) & (norm > 0))
    return weights[[*RUN, "step", "layer", "kind", "position", "numel", "grad_norm"]].assign(log10_norm=log10)
