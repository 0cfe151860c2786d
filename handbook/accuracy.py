"""Results of the networks: accuracy and training error by depth, and the gap at two budgets."""

from collections.abc import Iterator

import pandas as pd

from handbook.study import Studies, Study
from handbook.words import in_words, interval, listed, mean_sd, per_cent
from resgrad.common.cells import VARIANTS
from resgrad.comparison.significance import compare_pairs
from resgrad.report.markdown import table_text

ORDER = (
    ("short", "mnist"),
    ("long", "mnist"),
    ("short", "plantvillage"),
    ("long", "plantvillage"),
    ("sets", "fashion_mnist"),
    ("sets", "cifar10_jpeg"),
    ("sets", "beans"),
    ("default", "mnist"),
    ("default", "plantvillage"),
)
"""Study and data set of each row in a table of all results."""


def shown(studies: Studies) -> Iterator[tuple[Study, str]]:
    """Yield the results that the pages show."""
    for name, dataset in ORDER:
        yield studies[name], dataset


def at_deepest(studies: Studies) -> str:
    """Write a row per result: both twins at the smallest and greatest depth, and their difference at the greatest."""
    rows = []
    for study, dataset in shown(studies):
        shallow, deep = min(study.parameters["depths"]), study.depth
        difference = study.by_depth(dataset).loc[(deep, "test_accuracy")]
        cells = [
            mean_sd(study.runs(dataset, depth, variant)["test_accuracy"])
            for depth in (shallow, deep)
            for variant in VARIANTS
        ]
        rows.append(
            [
                data(study, dataset),
                str(study.epochs(dataset)),
                str(int(difference["n"])),
                *cells,
                f"{difference['difference']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]",
            ]
        )
    headers = ["data", "epochs", "n", *(f"{variant}-{depth}" for depth in (shallow, deep) for variant in VARIANTS)]
    return table_text([*headers, f"difference at {deep}"], rows)


def twins(studies: Studies) -> str:
    """Write a row per result and depth: test accuracy and training error of both twins."""
    rows = []
    for study, dataset in shown(studies):
        for depth in study.parameters["depths"]:
            difference = study.by_depth(dataset).loc[(depth, "test_accuracy")]
            of_depth = {variant: study.runs(dataset, depth, variant) for variant in VARIANTS}
            rows.append(
                [
                    data(study, dataset),
                    str(study.epochs(dataset)),
                    str(int(difference["n"])),
                    str(depth),
                    *(mean_sd(runs["test_accuracy"]) for runs in of_depth.values()),
                    f"{difference['difference']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}]",
                    *(mean_sd(runs["training_error"]) for runs in of_depth.values()),
                ]
            )
    headers = ["data", "epochs", "n", "depth", "plain", "residual", "residual - plain"]
    return table_text([*headers, "training error, plain", "residual"], rows)


def budget(studies: Studies) -> str:
    """Say how the gap at the greatest depth changes from the short to the long budget, over the seeds of both."""
    short, long = studies["short"], studies["long"]
    sentences = []
    for dataset in short.datasets:
        gaps = {study: _gap(study, dataset) for study in (short, long)}
        change = compare_pairs(gaps[long] - gaps[short])
        both = gaps[short].index.intersection(gaps[long].index)
        before, after = (100 * gaps[study].loc[both].mean() for study in (short, long))
        moves = "The interval holds 0, so these seeds do not show whether the gap changes."
        if change.low > 0:
            moves = "The gap grows."
        if change.high < 0:
            moves = "Slow optimisation is part of the gap."
        errors = {
            f"{variant}-{long.depth}": long.runs(dataset, long.depth, variant)["training_error"] for variant in VARIANTS
        }
        misclassified = listed(
            f"{name} {per_cent(error.mean(), 1)} ± {100 * error.std():.1f}" for name, error in errors.items()
        )
        sentences.append(
            f"* **{short.at_start(dataset)}**, {short.epochs(dataset)} and {long.epochs(dataset)} epochs, the same "
            f"{in_words(change.n)} seeds: the gap at depth {short.depth} goes from {before:.1f} to {after:.1f} points, "
            f"a change of {100 * change.difference:+.1f} (95 % interval "
            f"{interval(100 * change.low, 100 * change.high, '+.1f')}). {moves} After {long.epochs(dataset)} epochs "
            f"the share of its own training images that a network misclassifies is: {misclassified}."
        )
    return "\n".join(sentences)


def _gap(study: Study, dataset: str) -> pd.Series:
    plain, residual = (study.runs(dataset, study.depth, variant)["test_accuracy"] for variant in VARIANTS)
    return (residual - plain).dropna()


def data(study: Study, dataset: str) -> str:
    """Return the name of the data for the first cell of a row, with the number of training images if it is limited."""
    limit = study.parameters["data"][dataset]["train_limit"]
    return study.at_start(dataset) + (f", {limit:,} training images" if limit else "")
