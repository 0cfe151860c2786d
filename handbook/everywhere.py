"""What holds on every real data set, and what does not."""

from collections import defaultdict

import numpy as np
import pandas as pd

from handbook import rates
from handbook.study import Studies, Study
from handbook.words import in_words, listed, mean_interval
from resgrad.common.cells import VARIANTS
from resgrad.comparison.row import Measure
from resgrad.comparison.rows import rows
from resgrad.report.markdown import table_text

BETTER, WORSE, EQUAL = (f"residual networks are {how} at every seed" for how in ("better", "worse", "equal"))
NOT_MEASURED = "not measured"
OVER_RATES = "accuracy_over_rates"
"""The measure that a study with a single learning rate does not have."""

STUDIES = ("short", "sets")
"""The studies whose data sets are set side by side."""


def side_by_side(studies: Studies) -> str:
    """Write by how much residual networks are better in every aspect, on every data set, and where all seeds agree.

    That all of a few seeds agree is no test: of three that differ by chance, all agree in one case of four.
    """
    columns = [(study, dataset) for study in map(studies.__getitem__, STUDIES) for dataset in study.datasets]
    lines, holds, varies = [], defaultdict(list), []
    for row in rows().values():
        of_sets = {study.name(dataset): gains(study, dataset, row.primary) for study, dataset in columns}
        lines.append([f"{row.title}: {row.primary.title}", *(_cell(of, row.primary) for of in of_sets.values())])
        agreed = {agreement(of) for of in of_sets.values()}
        if len(agreed) == 1 and agreed <= {BETTER, WORSE, EQUAL, NOT_MEASURED}:
            holds[agreed.pop()].append(row.title)
        else:
            varies.append(f"not the same on all, {row.title}: {_by_set(of_sets)}")
    headers = ["aspect", *(f"{study.at_start(dataset)} (n = {_seeds(study, dataset)})" for study, dataset in columns)]
    said = [f"{verdict} on all {in_words(len(columns))}: {listed(titles)}." for verdict, titles in holds.items()]
    sentences = "\n".join(f"* {sentence[0].upper()}{sentence[1:]}" for sentence in [*said, *varies])
    return f"{table_text(headers, lines)}\n\n{sentences}"


def gains(study: Study, dataset: str, measure: Measure) -> pd.Series:
    """Return by how much residual networks are better within each seed at the greatest depth; empty if not measured."""
    plain, residual = (study.runs(dataset, study.depth, variant) for variant in VARIANTS)
    over_one_rate = measure.name == OVER_RATES and dataset not in rates.measured(study)
    if measure.name not in plain or over_one_rate:
        return pd.Series(dtype=float)
    higher = (residual[measure.name] - plain[measure.name]).dropna()
    return higher if measure.better == "higher" else -higher


def agreement(of_seeds: pd.Series) -> str:
    """Say what all seeds agree on, from the gains of :func:`gains`."""
    if len(of_seeds) < 2:
        return "a single seed" if len(of_seeds) else NOT_MEASURED
    if np.isclose(of_seeds, 0).all():
        return EQUAL
    if (of_seeds > 0).all():
        return BETTER
    return WORSE if (of_seeds < 0).all() else "seeds disagree"


def _cell(of_seeds: pd.Series, measure: Measure) -> str:
    if (agreed := agreement(of_seeds)) in {EQUAL, NOT_MEASURED}:
        return "equal" if agreed == EQUAL else agreed
    form = f"+{measure.form.removeprefix('+')}"
    return f"{mean_interval(of_seeds, form)}, better at {(of_seeds > 0).sum()} of {len(of_seeds)}"


def _by_set(of_sets: dict[str, pd.Series]) -> str:
    by_verdict = defaultdict(list)
    for name, of_seeds in of_sets.items():
        by_verdict[agreement(of_seeds)].append(name)
    return "; ".join(f"{verdict} on {listed(names)}" for verdict, names in by_verdict.items()) + "."


def _seeds(study: Study, dataset: str) -> int:
    return len(study.runs(dataset, study.depth, "residual"))
