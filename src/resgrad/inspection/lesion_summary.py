"""Lesions and reorderings, summarised over seeds."""

import pandas as pd

from resgrad.common.spread import over_seeds
from resgrad.results.runs import RUN


def lesion_measures(lesions: pd.DataFrame, reorderings: pd.DataFrame) -> dict[str, float]:
    """Measure how much worse one run becomes without single blocks or with reordered ones.

    Args:
        lesions: its rows from :func:`~resgrad.inspection.lesions.lesions`, at least one.
        reorderings: its rows from :func:`~resgrad.inspection.reordering.reorderings`.

    Returns:
        validation_error (of the whole network), and increases over it: lesion_rise and lesion_rise_largest (without one
        of the blocks that keep the shape: mean and maximum over these), lesion_rise_changing (without one of the blocks
        that change it, mean) and reordering_rise (after the most swaps, mean over reorderings). NaN where undefined.
    """
    rise = lesions["error"] - lesions["whole_error"]
    keeping = rise[~lesions["changes_shape"]]
    most = reorderings[reorderings["swaps"] == reorderings["swaps"].max()]
    return {
        "validation_error": lesions["whole_error"].iloc[0],
        "lesion_rise": keeping.mean(),
        "lesion_rise_largest": keeping.max(),
        "lesion_rise_changing": rise[lesions["changes_shape"]].mean(),
        "reordering_rise": (most["error"] - most["whole_error"]).mean(),
    }


def lesions_by_block(lesions: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds.

    Args:
        lesions: a row per run and block: variant, depth, seed and the columns of
            :func:`~resgrad.inspection.lesions.lesions`.

    Returns:
        a row per variant, depth and block: changes_shape, error and whole_error, the errors also with _min and _max.
    """
    return over_seeds(lesions, ["variant", "depth", "block", "changes_shape"], ["error", "whole_error"])


def reorderings_by_swaps(reorderings: pd.DataFrame) -> pd.DataFrame:
    """Average over the reorderings of a run, then over seeds.

    Args:
        reorderings: a row per run, number of swaps and reordering: variant, depth, seed and the columns of
            :func:`~resgrad.inspection.reordering.reorderings`.

    Returns:
        a row per variant, depth and number of swaps: kendall_tau, error and whole_error, each also with _min and _max.
    """
    columns = ["kendall_tau", "error", "whole_error"]
    runs = reorderings.groupby([*RUN, "swaps"], sort=True)[columns].mean().reset_index()
    return over_seeds(runs, ["variant", "depth", "swaps"], columns)
