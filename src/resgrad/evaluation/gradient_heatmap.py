"""Gradient norms over the whole of a training: a value per layer and step."""

import numpy as np
import pandas as pd

CELLS = 4000
"""Cells that a map may have: more would be finer than its picture. Where there are more, steps are taken together."""


def heat_map(norms: pd.DataFrame) -> pd.DataFrame:
    """Average norms over seeds, layer by layer and step by step.

    Means are of log10: geometric means of the norms. A norm of 0 enters as :data:`gradient_flow.FLOOR`; one that is not
    finite is left out.

    Args:
        norms: of one variant and depth, from :func:`gradient_flow.load_norms`.

    Returns:
        a row per position: variant, depth, layer, step (list: the recorded steps; where several are taken together, the
        first of them), log10_norm (list: one value per step, to 0.01; None where no norm is finite). Lists keep the
        file of a map at a third of what a row per cell would take.
    """
    steps = np.sort(norms["step"].unique())
    columns = max(CELLS // norms["position"].nunique(), 1)
    together = -(-len(steps) // columns)
    first = pd.Series(steps[np.arange(len(steps)) // together * together], index=steps)
    layer = ["variant", "depth", "position", "layer"]
    means = norms.assign(step=norms["step"].map(first)).groupby([*layer, "step"], sort=True)["log10_norm"].mean()
    rounded = means.round(2).astype(object).where(means.notna(), None)
    return rounded.reset_index().groupby(layer, sort=True)[["step", "log10_norm"]].agg(list).reset_index()
