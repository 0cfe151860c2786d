"""Gradient norms over a whole training: a value per layer and step."""

import numpy as np
import pandas as pd

CELLS = 4000
"""Maximum number of cells of a map: more would be finer than its picture. Beyond it, steps are pooled."""


def heat_map(norms: pd.DataFrame) -> pd.DataFrame:
    """Average norms over seeds, layer by layer and step by step.

    Means are taken over log10, so they are geometric means of the norms. A norm of 0 counts as
    :data:`gradient_flow.FLOOR`; non-finite norms are left out.

    Args:
        norms: norms of one variant and depth, from :func:`gradient_flow.load_norms`.

    Returns:
        a row per position: variant, depth, layer, step (list: the recorded steps; if several are pooled, the first of
        them), log10_norm (list: one value per step, to 0.01; None where no norm is finite). With lists the file takes
        a third of the space of a row per cell.
    """
    steps = np.sort(norms["step"].unique())
    columns = max(CELLS // norms["position"].nunique(), 1)
    together = -(-len(steps) // columns)
    first = pd.Series(steps[np.arange(len(steps)) // together * together], index=steps)
    layer = ["variant", "depth", "position", "layer"]
    means = norms.assign(step=norms["step"].map(first)).groupby([*layer, "step"], sort=True)["log10_norm"].mean()
    rounded = means.round(2).astype(object).where(means.notna(), None)
    return rounded.reset_index().groupby(layer, sort=True)[["step", "log10_norm"]].agg(list).reset_index()
