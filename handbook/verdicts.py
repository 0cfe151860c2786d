"""The rows of the comparison, with verdicts, and the tests beside them."""

import math

import pandas as pd

from handbook import rates
from handbook.study import Studies, Study
from handbook.words import in_words, interval, listed, p_value
from resgrad.common.cells import VARIANTS
from resgrad.comparison.decision import TOO_FEW
from resgrad.comparison.row import Row
from resgrad.comparison.rows import rows
from resgrad.comparison.significance import can_decide, pairs_needed
from resgrad.comparison.survival import log_rank, smallest_log_rank_p
from resgrad.report.markdown import spread_text, table_text


def rows_of(study: Study) -> str:
    """Write the rows of a study's comparison, its data sets side by side."""
    verdicts = {dataset: study.verdicts(dataset) for dataset in study.datasets}
    lines = [
        [f"{row.title}: {row.primary.label}", *(cell for of in verdicts.values() for cell in _cells(of.loc[name], row))]
        for name, row in rows().items()
    ]
    headers = [f"{study.at_start(dataset)}: {name}" for dataset in study.datasets for name in (*VARIANTS, "verdict")]
    return table_text(["aspect", *headers], lines)


def short_rows(studies: Studies) -> str:
    """Write the rows of the short study."""
    return rows_of(studies["short"])


def long_rows(studies: Studies) -> str:
    """Write the rows of the long study."""
    return rows_of(studies["long"])


def default_rows(studies: Studies) -> str:
    """Write the rows of the default study."""
    return rows_of(studies["default"])


def count(studies: Studies) -> str:
    """Say how many aspects favour residual networks, and what the other verdicts are."""
    lines = []
    for study in (studies["short"], studies["default"]):
        for dataset in study.datasets:
            verdicts = study.verdicts(dataset)
            n = int(verdicts["n"].max())
            said = [
                f"{in_words(len(titles))} of {in_words(len(verdicts))} *{verdict}* ({listed(titles)})"
                for verdict, titles in _titles(verdicts, n).items()
            ]
            lines.append(f"* {study.at_start(dataset)}, n = {n}: {listed(said)}.")
    study = studies["default"]
    return (
        f"The aspects of the study at depth {study.depth}, by sign-flip tests over seeds with Holm's correction at "
        f"{study.alpha:g} ([what a verdict means](docs/results.md#what-a-verdict-means)):\n\n" + "\n".join(lines)
    )


def target(studies: Studies) -> str:
    """Say which runs reach the target, and the result of the log-rank test."""
    study = studies["short"]
    lines = []
    for dataset in study.datasets:
        runs = study.runs(dataset, study.depth).reset_index()
        reached = runs.groupby("variant")["reached_target"].agg(["sum", "count"])
        counts = listed(f"{reached.loc[name, 'sum']} of {reached.loc[name, 'count']} {name} runs" for name in VARIANTS)
        p = log_rank(runs)
        lowest = smallest_log_rank_p(*reached["count"])
        floor = ", the smallest value that it can take with so few runs" if p < 1.01 * lowest else ""
        lines.append(
            f"* **{study.at_start(dataset)}**, target {study.target(dataset):.0%}: {counts} reach "
            "it; the others count with the whole budget. "
            f"Log-rank test over permuted runs, not paired: {p_value(p)}{floor}."
        )
    share = study.parameters["train"]["evaluations_per_epoch"]
    return "\n".join([f"Times are known to 1/{share} of an epoch.", "", *lines])


def images(studies: Studies) -> str:
    """Say how far the difference in accuracy depends on the sample of test images."""
    study = studies["short"]
    lines = []
    for dataset in study.datasets:
        about = study.about(f"comparison-{dataset}")
        units = {"leaves": "leaves or stretches of captures"}.get(about["images_unit"], about["images_unit"])
        lines.append(
            f"* **{study.at_start(dataset)}**, {about['images_units']:,} resampled {units}: "
            f"{about['images_difference']:+.3f} ({interval(about['images_low'], about['images_high'], '.3f')})."
        )
    return "\n".join(lines)


def floor(studies: Studies) -> str:
    """Say what the number of seeds can show."""
    study, tests = studies["default"], len(rows())
    needed = pairs_needed(tests, study.alpha)
    shown = listed(
        f"{in_words(n)} seeds ({studies[name].name(dataset)}, study `{name}`: {_can(n, tests, study.alpha)})"
        for name, dataset in (("short", "mnist"), ("long", "mnist"), ("default", "mnist"))
        for n in [int(studies[name].verdicts(dataset)["n"].max())]
    )
    return (
        f"Two of the 2^n choices of signs always lie furthest out, so n pairs cannot have a p-value below 2^(1-n). "
        f"After Holm's correction for {in_words(tests)} rows, anything can be decided at {study.alpha:g} from "
        f"{in_words(needed)} pairs on; with fewer a row says *{TOO_FEW.format(needed=needed)}*, whatever its values. "
        f"There are {shown}."
    )


def stability(studies: Studies) -> str:
    """Say how little the learning rate matters, where it was measured, and what single steps show."""
    study = studies["short"]
    tolerance = [
        rates.sentences(studies[name], dataset)
        for name in ("short", "sets", "default")
        for dataset in rates.measured(studies[name])
    ]
    lines = []
    for dataset in study.datasets:
        unsteady = study.runs(dataset, study.depth)["unsteady_steps"].dropna()
        lines.append(f"{(unsteady == 0).sum()} of {len(unsteady)} on {study.name(dataset)}")
    diverged = sum(int(study.runs(dataset)["diverged"].sum()) for dataset in study.datasets)
    steady = (
        f"Of the runs at depth {study.depth}, {listed(lines)} have no unsteady step; {in_words(diverged)} of the "
        "study's runs diverged. So few events to compare cannot tell which twin is more stable."
    )
    return " ".join([*tolerance, steady])


def highway(studies: Studies) -> str:
    """Write the rows of the study in which the residual twin is worse, and whether its learning rate is the cause."""
    study = studies["highway"]
    return "\n\n".join([rows_of(study), *(rates.sentences(study, dataset) for dataset in rates.measured(study))])


def kinds(studies: Studies) -> str:
    """Write the accuracy of other kinds of networks and shortcuts at the short budget."""
    lines = []
    seeds = list(range(3))
    for name, folder in {
        "`cifar_resnet`": "short",
        "`cifar_preactivation`": "kinds/preactivation",
        "`cifar_resnet` with `rezero`": "kinds/rezero",
        "`densenet`": "kinds/densenet",
    }.items():
        study = studies[folder]
        depth = min(study.parameters["depths"])
        cells = []
        for dataset in study.datasets:
            for variant in VARIANTS:
                runs = study.runs(dataset, depth, variant).reindex(seeds)["test_accuracy"].dropna()
                cells.append(spread_text(len(runs), runs.mean(), runs.std(), form=".3f") if len(runs) else "-")
        lines.append([name, str(depth), *cells])
    short = studies["short"]
    headers = [f"{short.at_start(dataset)}: {variant}" for dataset in short.datasets for variant in VARIANTS]
    return table_text(["network", "depth", *headers], lines)


def _cells(values: pd.Series, row: Row) -> list[str]:
    spreads = [
        spread_text(*(values[f"{variant}_{name}"] for name in ("n", "mean", "sd")), form=row.primary.form)
        for variant in VARIANTS
    ]
    p = "" if math.isnan(values["p_holm"]) else f" ({p_value(values['p_holm'])})"
    verdict = values["verdict"]
    return [*spreads, f"**{verdict}**{p}" if verdict.startswith("residual") else f"{verdict}{p}"]


def _titles(verdicts: pd.DataFrame, n: int) -> dict[str, list[str]]:
    """Group the titles of the rows by verdict, in the order of the table, with their number of pairs if it is not n."""
    titles: dict[str, list[str]] = {}
    for name, pairs, verdict in zip(verdicts.index, verdicts["n"], verdicts["verdict"], strict=True):
        others = "" if pairs in (0, n) else f", n = {pairs:.0f}"
        titles.setdefault(verdict, []).append(rows()[name].title + others)
    return titles


def _can(n: int, tests: int, alpha: float) -> str:
    return "enough" if can_decide(n, tests, alpha) else "too few"
