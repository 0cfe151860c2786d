"""What the initial weights tell of learning: growth and effective rank, held against networks that were trained."""

from statistics import mean

import pandas as pd
from scipy.stats import spearmanr

from handbook.depth import COLLAPSED, EVEN
from handbook.study import Studies
from handbook.words import in_words, mean_sd, p_value
from resgrad.common.cells import VARIANTS
from resgrad.report.markdown import table_text

LEVEL = 0.05
"""Below this p, a measure counts as telling what learns."""

NETWORK = "cifar_resnet"
"""The network of the probe that was also trained with each of its recipes."""


def trained(studies: Studies) -> pd.DataFrame:
    """Join the probe's measures of untrained networks with the test accuracy of the same recipes, trained.

    The study of a recipe is ``recipes/<activation>-<normalization>``.

    Returns:
        a row per recipe and variant: ``recipe``, ``variant``, ``factor`` (growth per layer), ``effective_rank``,
        ``accuracies`` (a list, by seed), ``accuracy`` (their mean) and ``learnt`` (whether that is the data set's
        target accuracy or more).
    """
    table = studies["default"].table("probe", "geometry")
    of_network = table[(table["network"] == NETWORK) & (table["initialization"] == "he")].copy()
    accuracies, targets = [], []
    for row in of_network.itertuples():
        study = studies[f"recipes/{row.activation}-{row.normalization}"]
        (dataset,) = study.datasets
        if row.depth != study.depth:
            raise ValueError(f"{study.folder} has depth {study.depth}, the probe {row.depth}; they must be the same")
        accuracies.append(study.runs(dataset, study.depth, row.variant)["test_accuracy"].tolist())
        targets.append(study.target(dataset))
    of_network["accuracies"] = accuracies
    of_network["accuracy"] = [mean(of_seeds) for of_seeds in accuracies]
    of_network["learnt"] = of_network["accuracy"] >= targets
    return of_network[["recipe", "variant", "factor", "effective_rank", "accuracies", "accuracy", "learnt"]]


def told(studies: Studies) -> str:
    """Write growth, effective rank and test accuracy by recipe, and which of the two goes with accuracy."""
    table = trained(studies)
    lines = []
    for recipe, of_recipe in table.groupby("recipe", sort=False):
        found = of_recipe.set_index("variant")
        cells = [
            cell
            for variant in VARIANTS
            for row in [found.loc[variant]]
            for cell in (f"{row['factor']:.3f}", f"{row['effective_rank']:.1f}", mean_sd(row["accuracies"]))
        ]
        lines.append([recipe, *cells])
    measures = ("growth per layer", "effective rank", "test accuracy")
    headers = ["recipe", *(f"{measure}, {variant}" for variant in VARIANTS for measure in measures)]
    distance = (table["factor"] - 1).abs()
    even, kept = distance < EVEN, table["effective_rank"] >= COLLAPSED
    return (
        f"{table_text(headers, lines)}\n\n"
        f"Of these {in_words(len(table))} networks, those that learn (on average they reach the target) are "
        f"{_share(table[even])} whose growth is within {EVEN:g} of 1 and {_share(table[~even])} of the others; "
        f"{_share(table[kept])} with an effective rank of {COLLAPSED} or more and {_share(table[~kept])} with a "
        f"smaller one. The rank correlation of accuracy (Spearman) is {_tested(table, distance)} with the distance of "
        f"growth from 1, and {_tested(table, table['effective_rank'])} with the effective rank"
        f"{_by_variant(table, distance)}; p as if no network had anything to do with another. "
        f"{_verdict(table, {'growth': distance, 'the effective rank': table['effective_rank']})}"
    )


def _verdict(table: pd.DataFrame, measures: dict[str, pd.Series]) -> str:
    tell = [name for name, measure in measures.items() if spearmanr(table["accuracy"], measure).pvalue < LEVEL]
    return f"At {LEVEL:g}, {' and '.join(tell) or 'neither'} is shown to tell what learns."


def _by_variant(table: pd.DataFrame, distance: pd.Series) -> str:
    parts = []
    for variant in VARIANTS:
        of_variant = table["variant"] == variant
        by_growth, by_rank = (
            spearmanr(table["accuracy"][of_variant], measure[of_variant]).statistic
            for measure in (distance, table["effective_rank"])
        )
        parts.append(f"{by_growth:+.2f} and {by_rank:+.2f} among {variant} networks")
    return f" ({', '.join(parts)})"


def _tested(table: pd.DataFrame, measure: pd.Series) -> str:
    found = spearmanr(table["accuracy"], measure)
    return f"{found.statistic:+.2f} ({p_value(found.pvalue)})"


def _share(rows: pd.DataFrame) -> str:
    return f"{in_words(int(rows['learnt'].sum()))} of the {in_words(len(rows))}"
