"""How the elements of a gradient are distributed over powers of two, layer by layer and step by step."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from resgrad.common.cells import Cell
from resgrad.gradients.statistics.log2_hist import BINS
from resgrad.results.gradient_flow import main_path
from resgrad.results.runs import RUN, read_table

QUARTERS = 5
"""Number of layers shown: the first, the last, and those that divide the path between them into quarters."""

STATISTICS = ["zero_fraction", "nonfinite", "log2_hist"]
READ_BY = "the pictures of gradients spread over magnitudes"
"""Statistics that gradient tables must have, and what reads them; ``check`` refuses parameters without them."""

COLUMNS = [*RUN, "step", "layer", "layer_index", "kind", "param", "numel", *STATISTICS]


def load_distributions(folder: Path, cells: Iterable[Cell]) -> pd.DataFrame:
    """Read the distributions of the elements of five layers' gradients; seeds are pooled.

    Args:
        folder: holds one gradient table per run, with the cell's name.
        cells: the runs to read, all of one depth.

    Returns:
        a row per variant, depth, position, layer and recorded step: these, and as shares of the elements nonfinite,
        zero, and shares (an array of the bins of ``log2_hist``). A row sums to 1. A run that diverged does not count in
        the steps after its end.

    Raises:
        RunError: a table is missing or damaged.
    """
    counts = pd.concat([_counts(read_table(folder / f"{cell.name}.parquet", cell, COLUMNS)) for cell in cells])
    pooled = counts.groupby(level=counts.index.names, sort=True).sum()
    shares = pooled.div(pooled.sum(axis=1), axis=0)
    bins = pd.Series(list(shares[list(range(BINS))].to_numpy()), index=shares.index)
    return shares[["nonfinite", "zero"]].assign(shares=bins).reset_index()


def _counts(table: pd.DataFrame) -> pd.DataFrame:
    weights = main_path(table)
    chosen = np.linspace(1, weights["position"].max(), QUARTERS).round()
    weights = weights[weights["position"].isin(chosen)]
    zeros = (weights["zero_fraction"] * weights["numel"]).round()
    return pd.DataFrame(
        np.column_stack([weights["nonfinite"], zeros, np.stack(weights["log2_hist"].to_list())]),
        index=pd.MultiIndex.from_frame(weights[["variant", "depth", "position", "layer", "step"]]),
        columns=["nonfinite", "zero", *range(BINS)],
    )
