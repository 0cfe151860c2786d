"""What lesions and reorderings come to, over seeds."""

import pandas as pd

from resgrad.common.spread import over_seeds
from resgrad.results.runs import RUN


def lesion_measures(lesions: pd.DataFrame, reorderings: pd.DataFrame) -> dict[str, float]:
    """Say what one run loses with its blocks.

    Args:
        lesions: its rows, as :func:`~resgrad.inspection.lesions.lesions` says; at least one.
        reorderings: its rows, as :func:`~resgrad.inspection.reordering.reorderings` says.

    Returns:
        validation_error (of the whole network); what is added to it, lesion_rise and lesion_rise_largest (without one
        of the blocks that keep the shape: mean and maximum over them), lesion_rise_changing (without one of those that
        change the shape, mean) and reordering_rise (after the most swaps, mean over reorderings). NaN where undefined.
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
        lesions: a row per run and block: variant, depth, seed and what
            :func:`~resgrad.inspection.lesions.lesions` says.

    Returns:
        a row per variant, depth and block: changes_shape, error and whole_error, these also with _min and _max.
    """
    return over_seeds(lesions, ["variant", "depth", "block", "changes_shape"], ["error", "whole_error"])


def reorderings_by_swaps(reorderings: pd.DataFrame) -> pd.DataFrame:
    """Average over the reorderings of a run, then over seeds.

    Args:
        reorderings: a row per run, number of swaps and reordering: variant, depth, seed and what
            :func:`~resgrad.inspection.reordering.reorderings` says.

    Returns:
        a row per variant, depth and number of swaps: kendall_tau, error and whole_error, each also with _min and _max.
    """
    columns = ["kendall_tau", "error", "whole_error"]
    runs = reorderings.groupby([*RUN, "swaps"], sort=True)[columns].mean().reset_index()
    return over_seeds(runs, ["variant", "depth", "swaps"], columns)
