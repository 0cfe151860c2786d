"""How much accuracy a random split adds, because it puts other photographs of the test's leaves into training.

The number has two uncertainties, which are told apart. Over seeds: would other trainings say the same? Over leaves:
would other test images? The two splits have different test images, and photographs of one leaf are right or wrong
together, so that it is leaves and not images that count.
"""

import pandas as pd
from statsmodels.api import OLS, add_constant

from resgrad.common.intervals import COVERAGE, mean_with_interval
from resgrad.common.spread import spread


def inflation(hits: pd.DataFrame) -> pd.DataFrame:
    """Compare the test accuracies on the random split and on the leaf split.

    Args:
        hits: of the small networks, from :func:`~resgrad.audit.trainings.train_on_both_splits`: scheme, seed, id,
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
    """Average over seeds what the small networks and the forests reach on either split.

    Args:
        hits: as in :func:`inflation`.
        borders: of the forests that see border pixels: scheme, seed, accuracy.
        leak: share of a split's test images whose leaf is in training too, where that is known.

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
