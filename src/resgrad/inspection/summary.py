"""The tables of an inspection, summarised over seeds."""

from typing import Any

import numpy as np
import pandas as pd

from resgrad.common.spread import over_seeds, spread
from resgrad.inspection.lesion_summary import lesion_measures
from resgrad.results.runs import RUN

SHARE = 0.9
"""The effective lengths of paths carry this share of the gradient, without tails of equal size."""

PUBLISHED = (
    *("response_std", "gain_log10", "gain_log10_per_block"),
    *("path_length_median", "path_share_log10", "coherence_log10"),
)
"""Measures that are compared between commits."""


def summarise(
    responses: pd.DataFrame, paths: pd.DataFrame, lesions: pd.DataFrame, reorderings: pd.DataFrame
) -> pd.DataFrame:
    """Reduce the tables of a dataset.

    Args:
        responses: a row per run and layer: variant, depth, seed, position, response_std.
        paths: a row per run and path length: variant, depth, seed and the columns of
            :func:`~resgrad.inspection.paths.path_gains`; runs without paths have no rows.
        lesions: a row per run and block: variant, depth, seed and the columns of
            :func:`~resgrad.inspection.lesions.lesions`; runs without blocks have no rows.
        reorderings: a row per run, number of swaps and reordering: likewise, with the columns of
            :func:`~resgrad.inspection.reordering.reorderings`.

    Returns:
        a row per depth, variant and measure: depth, variant, measure, n, mean, sd over seeds (see
        :func:`~resgrad.common.spread.spread`). The measures are response_std, its mean over layers, those of
        :func:`effective_lengths` and those of :func:`~resgrad.inspection.lesion_summary.lesion_measures`, where
        defined.
    """
    lengths_of_run, lesions_of_run, reorderings_of_run = (
        dict(list(table.groupby(RUN))) for table in (paths, lesions, reorderings)
    )
    rows = []
    for (depth, variant), layers in responses.groupby(["depth", "variant"]):
        runs = pd.DataFrame(
            {"response_std": of_run["response_std"].mean()}
            | (effective_lengths(lengths_of_run[run]) if run in lengths_of_run else {})
            | (
                lesion_measures(lesions_of_run[run], reorderings_of_run.get(run, reorderings[:0]))
                if run in lesions_of_run
                else {}
            )
            for run, of_run in layers.groupby(RUN)
        )
        defined = runs.dropna(axis="columns", how="all")
        rows += [{"depth": depth, "variant": variant, "measure": name, **spread(defined[name])} for name in defined]
    return pd.DataFrame(rows, columns=["depth", "variant", "measure", "n", "mean", "sd"])


def inspection_metrics(summary: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Select the metrics that are compared between commits: means at the greatest depth.

    Args:
        summary: from :func:`summarise`.

    Returns:
        ``depth-56`` -> variant -> runs (that did not diverge), and the measures of :data:`PUBLISHED` that are defined.
    """
    if summary.empty:
        return {}
    depth = summary["depth"].max()
    deepest = summary[summary["depth"] == depth]
    return {
        f"depth-{depth}": {
            variant: {"runs": int(rows.set_index("measure").loc["response_std", "n"])}
            | {row.measure: row.mean for row in rows[rows["measure"].isin(PUBLISHED)].itertuples()}
            for variant, rows in deepest.groupby("variant")
        }
    }


def responses_by_place(responses: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds, once in the order of the network and once sorted within each run.

    Args:
        responses: a row per run and layer: variant, depth, seed, position, response_std.

    Returns:
        a row per variant, depth, order (network, descending) and place, from 1: response_std, response_std_min,
        response_std_max.
    """
    rank = responses.groupby(RUN)["response_std"].rank(method="first", ascending=False).astype(int)
    both = [
        responses.assign(order="network", place=responses["position"]),
        responses.assign(order="descending", place=rank),
    ]
    return over_seeds(pd.concat(both), ["variant", "depth", "order", "place"], ["response_std"])


def paths_by_length(paths: pd.DataFrame) -> pd.DataFrame:
    """Average over seeds, gains as logarithms, so that their means are geometric. Gains of 0 are left out.

    Args:
        paths: as in :func:`summarise`.

    Returns:
        a row per variant, depth and length: blocks, frequency, log10_gain, log10_gain_of_all_paths and contribution,
        each also with _min and _max.
    """
    logarithms = {f"log10_{column}": paths[column].map(_log10) for column in ("gain", "gain_of_all_paths")}
    columns = ["blocks", "frequency", "contribution", *logarithms]
    return over_seeds(paths.assign(**logarithms), ["variant", "depth", "length"], columns)


def effective_lengths(paths: pd.DataFrame) -> dict[str, float]:
    """Return the path lengths that carry the gradient of one run.

    Args:
        paths: its rows, as in :func:`summarise`.

    Returns:
        gain_log10 (of all paths together) and, if there is more than one path: path_length_median (half of the sum of
        the paths' norms is on paths of at most this length), path_length_shortest and path_length_longest (the
        effective lengths: :data:`SHARE` of the sum is between them), path_share_log10 (share of all paths with these
        lengths), gain_log10_per_block (change of the gradient per further block on a path), coherence_log10 (the norm
        of the sum of all paths' gradients over its value if they were orthogonal, the root of the sum of their squared
        norms: below 0 paths cancel, above 0 they reinforce each other). NaN where undefined.
    """
    table = paths.sort_values("length")
    blocks, of_all = table[["blocks", "gain_of_all_paths"]].iloc[0]
    measures = {"gain_log10": _log10(of_all)}
    if len(table) == 1 or table["contribution"].isna().any():
        return measures
    ends = [(1 - SHARE) / 2, 0.5, (1 + SHARE) / 2]
    shortest, median, longest = table["length"].iloc[np.searchsorted(table["contribution"].cumsum(), ends)]
    gain = table["gain"].map(_log10).to_numpy()
    mean_square = (table["frequency"] * (table["gain"] ** 2 + table["gain_sd"] ** 2)).sum()
    return measures | {
        "path_length_median": median,
        "path_length_shortest": shortest,
        "path_length_longest": longest,
        "path_share_log10": _log10(table.loc[table["length"].between(shortest, longest), "frequency"].sum()),
        "gain_log10_per_block": (gain[-1] - gain[0]) / blocks,
        "coherence_log10": measures["gain_log10"] - (blocks * np.log10(2) + _log10(mean_square)) / 2,
    }


def _log10(value: float) -> float:
    """Return the logarithm; NaN if it is not finite."""
    return float(np.log10(value)) if 0 < value < np.inf else np.nan
