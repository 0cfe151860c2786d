"""What depth is worth: the deepest networks against the shallowest, and other places where a gain was looked for."""

import pandas as pd

from handbook.accuracy import data, shown
from handbook.study import Studies
from handbook.words import in_words, listed, mean_sd, p_value
from resgrad.common.cells import VARIANTS
from resgrad.comparison.decision import correct, decide
from resgrad.comparison.rows.depth import DEEPER, degradation
from resgrad.comparison.significance import compare_pairs
from resgrad.report.markdown import interval_text, table_text

GROUP = "depth/"
"""The group of the studies that were made for the search."""

SEARCHED = (
    ("short", "plantvillage"),
    ("depth/wide", "plantvillage"),
    ("default", "plantvillage"),
    ("depth/low-rate", "plantvillage"),
    ("depth/high-rate", "plantvillage"),
    ("depth/cifar10", "cifar10_jpeg"),
)
"""Studies and data sets at whose widths, learning rates and numbers of seeds a gain from depth was looked for."""


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
        rows.append([data(study, dataset), str(study.epochs(dataset)), str(n), *cells])
        for error in ("test", "training"):
            verdict = tests.loc[(error, "residual"), "verdict"]
            where = f"{study.name(dataset)} after {study.epochs(dataset)} epochs ({error} error)"
            said.setdefault(verdict, []).append(where)
    shallow, deep = min(study.parameters["depths"]), study.depth
    headers = ["data", "epochs", "n", "test error, plain", "residual", "training error, plain", "residual"]
    lines = "\n".join(f"* *{verdict}*: {listed(where)}" for verdict, where in said.items())
    gained = "where it says so above" if DEEPER.negative in said else "nowhere in this table"
    return (
        f"{table_text(headers, rows)}\n\nResidual-{deep} against residual-{shallow}, by sign-flip tests with Holm's "
        f"correction for the {in_words(len(tests))} tests of a data set:\n\n{lines}\n\nHe et al. report that the "
        f"deeper residual network errs less. That is shown {gained}."
    )


def searched(studies: Studies) -> str:
    """Compare residual networks of both depths at other widths and rates, and with more seeds, and test it."""
    rows, tests = [], []
    for name, dataset in SEARCHED:
        study = studies[name]
        depths = min(study.parameters["depths"]), study.depth
        width, rate = study.parameters["model"]["width"], study.parameters["train"]["learning_rate"]
        accuracies = [mean_sd(study.runs(dataset, depth, "residual")["test_accuracy"]) for depth in depths]
        deepest = study.runs(dataset, study.depth, "residual")
        gaps = {error: compare_pairs(deepest[f"{error}_error_gap"]) for error in ("test", "training")}
        intervals = [interval_text(gap.difference, gap.low, gap.high, form="+.3f") for gap in gaps.values()]
        setting = [data(study, dataset), str(study.epochs(dataset)), str(width), f"{rate:g}", str(len(deepest))]
        rows.append([*setting, *accuracies, *intervals])
        if name.startswith(GROUP):
            where = f"{study.name(dataset)}, width {width}, learning rate {rate:g}"
            tests += [
                {"data": study.name(dataset), "where": f"{where} ({error} error)", **gap._asdict()}
                for error, gap in gaps.items()
            ]
    shallow, deep = (f"residual-{depth}" for depth in depths)
    headers = ["data", "epochs", "width", "learning rate", "n", f"test accuracy, {shallow}", deep]
    return (
        f"{table_text([*headers, 'test error', 'training error'], rows)}\n\nThe errors are those of {deep} less those "
        f"of {shallow}, within a seed. Of the studies made for it, with Holm's correction for the tests of each data "
        f"set:\n\n{_judged(pd.DataFrame(tests), alpha=study.alpha)}"
    )


def _judged(tests: pd.DataFrame, alpha: float) -> str:
    """Write a line per verdict, and where it holds; the tests of a data set are corrected together."""
    said: dict[str, list[str]] = {}
    for _, family in tests.groupby("data", sort=False):
        for _, test in family.assign(p_holm=correct(family, alpha)).iterrows():
            p = "" if pd.isna(test["p_holm"]) else f", {p_value(test['p_holm'])}"
            verdict = decide(test, tests=len(family), alpha=alpha, words=DEEPER)
            said.setdefault(verdict, []).append(f"{test['where']}{p}")
    return "\n".join(f"* *{verdict}*: {'; '.join(where)}" for verdict, where in said.items())
