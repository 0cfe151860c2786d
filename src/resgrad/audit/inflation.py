"""How much accuracy a random split adds, because it puts other photographs of the test's leaves into training.

The number has two uncertainties, which are told apart. Over seeds: would other trainings say the same? Over leaves:
would other test images? The two splits have different test images, and photographs of one leaf are right or wrong
together, so that it is leaves and not images that count.
"""

from typing import Any

import pandas as pd
from statsmodels.api import OLS, add_constant

from resgrad.common.intervals import COVERAGE, mean_with_interval
from resgrad.common.spread import spread


def inflation(hits: pd.DataFrame, borders: pd.DataFrame, leak: dict[str, float]) -> dict[str, dict[str, Any]]:
    """Compare the test accuracies on the random split and on the leaf split.

    Args:
        hits: of the small networks, from :class:`~resgrad.audit.trainings.SplitTrainings`: scheme, seed, id, group,
            correct.
        borders: of the forests that see border pixels: scheme, seed, accuracy.
        leak: share of a split's test images whose leaf is in training too, where that is known.

    Returns:
        ``leaf`` and ``random`` -> ``network`` and ``border_pixels`` -> n (seeds), mean and sd of the accuracy, and
        ``leak``; ``over_seeds`` -> n, mean, low and high of the networks' difference random - leaf within a seed (see
        :func:`~resgrad.common.intervals.mean_with_interval`; low and high are left out at n = 1); ``over_leaves`` ->
        the same of the same difference, see :func:`over_leaves`.
    """
    by_scheme = accuracies(hits).pivot_table("accuracy", "seed", "scheme")
    difference = pd.DataFrame({"of": "difference", "points": by_scheme["random"] - by_scheme["leaf"]})
    (over_seeds,) = mean_with_interval(difference, ["of"], "points").drop(columns="of").to_dict("records")
    splits = {
        scheme: {"network": spread(by_scheme[scheme]), "border_pixels": spread(of_split["accuracy"])}
        for scheme, of_split in borders.groupby("scheme", sort=True)
    }
    return {
        **{
            scheme: {**of_split, "leak": leak[scheme]} if scheme in leak else of_split
            for scheme, of_split in splits.items()
        },
        "over_seeds": {name: value for name, value in over_seeds.items() if pd.notna(value)},
        "over_leaves": over_leaves(hits),
    }


def accuracies(hits: pd.DataFrame) -> pd.DataFrame:
    """Return a row per network: scheme, seed, accuracy."""
    return hits.groupby(["scheme", "seed"], sort=True)["correct"].mean().rename("accuracy").reset_index()


def over_leaves(hits: pd.DataFrame) -> dict[str, float]:
    """Measure how much the inflation owes to which leaves are in the tests, the trained networks being given.

    Least squares of the images' hits, averaged over seeds, on the split, with standard errors that are robust to what
    photographs of a group have in common, in either test (Liang and Zeger 1986; here as statsmodels has it, with
    Student's t).

    Returns:
        n (groups), mean, low and high.
    """
    images = hits.groupby(["scheme", "id", "group"], sort=True)["correct"].mean().reset_index()
    groups = images["group"].astype("category").cat.codes
    design = add_constant((images["scheme"] == "random").astype(float).rename("random"))
    fit = OLS(images["correct"], design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fit.conf_int(alpha=1 - COVERAGE).loc["random"]
    return {"n": int(groups.nunique()), "mean": float(fit.params["random"]), "low": float(low), "high": float(high)}
