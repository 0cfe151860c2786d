"""How little the learning rate matters, and whether the plain twin was merely trained at a wrong one."""

import pandas as pd

from handbook.study import Study
from handbook.words import listed
from resgrad.common.cells import VARIANTS


def measured(study: Study) -> list[str]:
    """List the data sets of a study whose networks were trained at several rates."""
    pages = {dataset: f"comparison-{dataset}" for dataset in study.datasets}
    return [
        dataset
        for dataset, page in pages.items()
        if study.has(page, "accuracy_by_rate") and several(study.table(page, "accuracy_by_rate"))
    ]


def several(table: pd.DataFrame) -> bool:
    """Say whether a table by rate is of more than one: a single one tells nothing of the others."""
    return len(set(table["rate"])) > 1


def sentences(study: Study, dataset: str) -> str:
    """Say at which rates both variants reach the target, and their accuracy at the best one."""
    table = study.table(f"comparison-{dataset}", "accuracy_by_rate")
    depth, target = table["depth"].iloc[0], table["target"].iloc[0]
    rates = table["rate"].unique()
    of = listed(
        _of_variant(variant, rows.sort_values("rate"), target)
        for variant in VARIANTS
        if len(rows := table[table["variant"] == variant])
    )
    seeds = table["n"].min()
    of_seeds = f"means over n = {seeds} seeds" if seeds > 1 else "one seed"
    return (
        f"On {study.name(dataset)}, depth {depth}, {len(rates)} rates from {min(rates):g} to {max(rates):g} and a "
        f"target of {target:.0%} (validation images, {of_seeds}), {of}."
    )


def _of_variant(variant: str, rows: pd.DataFrame, target: float) -> str:
    reached = rows[rows["accuracy"] >= target]["rate"]
    best = rows.loc[rows["accuracy"].idxmax()]
    at = {0: "at none", 1: f"at {reached.min():g} alone"}.get(
        len(reached), f"at {len(reached)} of them, {reached.min():g} to {reached.max():g}"
    )
    spread = f", {best['accuracy_min']:.3f} to {best['accuracy_max']:.3f} over seeds" if best["n"] > 1 else ""
    return f"the {variant} network reaches it {at} (best at {best['rate']:g}: {best['accuracy']:.3f}{spread})"
