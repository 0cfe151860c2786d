"""Results of the networks: accuracy and training error by depth, the gap at two budgets, and the effect of depth."""

from collections.abc import Iterator

import pandas as pd

from handbook.study import Studies, Study
from handbook.words import in_words, interval, listed, mean_sd, per_cent
from resgrad.common.cells import VARIANTS
from resgrad.comparison.rows.depth import DEEPER, degradation
from resgrad.comparison.significance import compare_pairs
from resgrad.report.markdown import interval_text, table_text

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
                _data(study, dataset),
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
                    _data(study, dataset),
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


def deeper(studies: Studies) -> str:
    """Compare the greatest depth with the smallest within each variant, and test whether it is worse or better."""
    rows, said = [], {}
    for study, dataset in shown(studies):
        tests = degradation(study.runs(dataset).reset_index(), study.alpha).set_index(["error", "variant"])
        cells = [
            interval_text(*tests.loc[(error, variant), ["difference", "low", "high"]], form="+.3f")
            for error in ("test", "training")
            for variant in VARIANTS
        ]
        (n,) = set(tests["n"])
        rows.append([_data(study, dataset), str(study.epochs(dataset)), str(n), *cells])
        for error in ("test", "training"):
            verdict = tests.loc[(error, "residual"), "verdict"]
            where = f"{study.name(dataset)} after {study.epochs(dataset)} epochs ({error} error)"
            said.setdefault(verdict, []).append(where)
    shallow, deep = min(study.parameters["depths"]), study.depth
    headers = ["data", "epochs", "n", "test error, plain", "residual", "training error, plain", "residual"]
    sentences = "\n".join(f"* *{verdict}*: {listed(where)}" for verdict, where in said.items())
    helps = DEEPER.negative in said
    return (
        f"{table_text(headers, rows)}\n\nResidual-{deep} against residual-{shallow}, by sign-flip tests with Holm's "
        f"correction for the {in_words(len(tests))} tests of a data set:\n\n{sentences}\n\nHe et al. report that the "
        f"deeper residual network errs less. That is shown {'where it says so above' if helps else 'nowhere'} here."
    )


def _gap(study: Study, dataset: str) -> pd.Series:
    plain, residual = (study.runs(dataset, study.depth, variant)["test_accuracy"] for variant in VARIANTS)
    return (residual - plain).dropna()


def _data(study: Study, dataset: str) -> str:
    limit = study.parameters["data"][dataset]["train_limit"]
    return study.at_start(dataset) + (f", {limit:,} training images" if limit else "")
