"""How much a random split inflates accuracy, because other photographs of the test leaves are in training.

The estimate has two separate uncertainties. Over seeds: would other trainings give the same? Over leaves: would other
test images? The two splits have different test images, and photographs of one leaf tend to be right or wrong together,
so the sample size is the number of leaves, not of images.
"""

import pandas as pd
from statsmodels.api import OLS, add_constant

from resgrad.common.intervals import COVERAGE, mean_with_interval
from resgrad.common.spread import spread


def inflation(hits: pd.DataFrame) -> pd.DataFrame:
    """Compare the test accuracies on the random split and on the leaf split.

    Args:
        hits: hits of the small networks, from :func:`~resgrad.audit.trainings.train_on_both_splits`: scheme, seed, id,
            group, correct.

    Returns:
        the difference random - leaf, once over seeds (within a seed, see
        :func:`~resgrad.common.intervals.mean_with_interval`) and once over leaves (see :func:`over_leaves`): over, n,
        mean, low, high.
    """
    by_scheme = accuracies(hits).pivot_table("accuracy", "seed", "scheme")
    difference = pd.DataFrame({"over": "seeds", "points": by_scheme["random"] - by_scheme["leaf"]})
    over_seeds = mean_with_interval(difference, ["over"], "points")
    return pd.concat([over_seeds, pd.DataFrame([{"over": "leaves", **over_leaves(hits)}])], ignore_index=True)


def average_on_splits(hits: pd.DataFrame, borders: pd.DataFrame, leak: dict[str, float]) -> pd.DataFrame:
    """Average the accuracies of the small networks and the forests on each split over seeds.

    Args:
        hits: as in :func:`inflation`.
        borders: results of the forests on border pixels: scheme, seed, accuracy.
        leak: share of a split's test images whose leaf is in training too, where known.

    Returns:
        a row per split and classifier: scheme, classifier (network or border_pixels), n, mean, sd, leak.
    """
    rows = [
        {"scheme": scheme, "classifier": name, **spread(of_split["accuracy"]), "leak": leak.get(str(scheme))}
        for name, table in (("network", accuracies(hits)), ("border_pixels", borders))
        for scheme, of_split in table.groupby("scheme", sort=True)
    ]
    return pd.DataFrame(rows).reindex(columns=["scheme", "classifier", "n", "mean", "sd", "leak"])


def accuracies(hits: pd.DataFrame) -> pd.DataFrame:
    """Return a row per network: scheme, seed, accuracy."""
    return hits.groupby(["scheme", "seed"], sort=True)["correct"].mean().rename("accuracy").reset_index()


def over_leaves(hits: pd.DataFrame) -> dict[str, float]:
    """Estimate the inflation with its uncertainty over the leaves in the tests, given the trained networks.

    Least squares of the images' hits, averaged over seeds, on the split, with standard errors clustered by group across
    both tests (Liang and Zeger 1986, as implemented in statsmodels, with Student's t). Where the splits differ, every
    image has a group: a leaf, or a stretch of a camera roll where the leaf is unknown.

    Returns:
        n (groups), mean, low and high.
    """
    images = hits.groupby(["scheme", "id", "group"], sort=True)["correct"].mean().reset_index()
    groups = images["group"].astype("category").cat.codes
    design = add_constant((images["scheme"] == "random").astype(float).rename("random"))
    fit = OLS(images["correct"], design).fit(cov_type="cluster", cov_kwds={"groups": groups}, use_t=True)
    low, high = fit.conf_int(alpha=1 - COVERAGE).loc["random"]
    return {"n": int(groups.nunique()), "mean": float(fit.params["random"]), "low": float(low), "high": float(high)}
