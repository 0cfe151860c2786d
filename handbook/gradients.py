"""Results on gradients: at the initial weights, in training, and on the paths of trained networks."""

import pandas as pd

from handbook.accuracy import shown
from handbook.depth import thirds
from handbook.study import Studies, Study
from handbook.words import in_words, interval, listed, mean_interval, mean_sd, per_cent
from resgrad.common.cells import VARIANTS
from resgrad.gradients.growth import MEAN_FIELD_LIMIT, mean_field_factor
from resgrad.probe.summary import textbook
from resgrad.report.markdown import table_text

INSPECTED = ("short", "default")
"""The studies whose inspections are kept."""


def at_start(studies: Studies) -> str:
    """Compare the growth per layer of untrained networks with the theory, which covers one kind of them."""
    study = studies["default"]
    growth = study.table("probe", "growth")
    growth = growth[growth["case"] == "relu_he_batch"].set_index(["network", "variant"])
    batch = study.parameters["probe"]["batch_size"]
    theory = mean_field_factor(batch)

    def factor(network: str, variant: str) -> str:
        row = growth.loc[(network, variant)]
        return f"{row['factor']:.3f} ({interval(row['factor_low'], row['factor_high'], '.3f')})"

    convolutional = growth.loc[("cifar_resnet", "plain")]
    apart = "holds" if convolutional["factor_low"] <= theory <= convolutional["factor_high"] else "excludes"
    depths = {network: growth.loc[(network, "plain"), "depth"] for network in ("fully_connected", "cifar_resnet")}
    return (
        f"With batch normalisation and ReLU (n = {convolutional['n']:.0f} seeds, 95 % intervals), a plain fully "
        f"connected network of {depths['fully_connected']} layers multiplies its gradient by "
        f"{factor('fully_connected', 'plain')} per layer on the way back, where mean-field theory (Yang et al. 2019) "
        f"says {theory:.3f} at this batch of {batch}, and {MEAN_FIELD_LIMIT:.3f} for an infinite one. The theory is "
        f"for fully connected networks alone. Plain `cifar_resnet` at depth {depths['cifar_resnet']} has "
        f"{factor('cifar_resnet', 'plain')}, an interval that {apart} {theory:.3f}{thirds(study, 'cifar_resnet')}."
    )


def in_training(studies: Studies) -> str:
    """Write a row per result and variant: growth per layer and the worst layer, early and late in training."""
    rows = []
    for study, dataset in shown(studies):
        for variant in VARIANTS:
            runs = study.runs(dataset, study.depth, variant)
            rows.append(
                [
                    study.at_start(dataset),
                    str(study.epochs(dataset)),
                    str(len(runs)),
                    f"{variant}-{study.depth}",
                    *(mean_interval(runs[f"gradient_growth_{phase}"], ".3f") for phase in ("early", "late")),
                    *(_or_none(runs, f"signal_spread_{phase}") for phase in ("early", "late")),
                    *(mean_sd(runs[f"signal_distance_{phase}"], ".2f") for phase in ("early", "late")),
                    f"{mean_sd(100 * runs['vanishing_late'], '.0f')} %",
                ]
            )
    headers = ["data", "epochs", "n", "network", "growth per layer, initial weights", "growth, last quarter"]
    headers += ["spread of the signal, initial weights", "spread, last quarter"]
    headers += ["worst layer, initial weights", "worst layer, last quarter", "late steps vanishing"]
    return table_text(headers, rows)


def vanishing(studies: Studies) -> str:
    """Say for which networks recorded steps count as vanishing late in training."""
    shares = {
        f"{variant}-{study.depth} after {study.epochs(dataset)} epochs on {study.name(dataset)}": runs["vanishing_late"]
        for study, dataset in shown(studies)
        for variant in VARIANTS
        for runs in [study.runs(dataset, study.depth, variant)]
    }
    some = [f"{name}: up to {per_cent(share.max())} of a run's steps" for name, share in shares.items() if share.any()]
    if not some:
        return "In none of these studies does a recorded step of the last quarter count as vanishing."
    return (
        f"Steps of the last quarter count as vanishing in {in_words(len(some))} of the {in_words(len(shares))} rows "
        f"({'; '.join(some)}), and in no other."
    )


def recipes(studies: Studies) -> str:
    """Write the smallest probed depth at which the textbook recipes fail."""
    cases = textbook(studies["default"].table("probe", "outcomes"))
    lines = []
    for (network, recipe), outcomes in cases.groupby(["network", "recipe"], sort=False):
        found = outcomes.set_index("variant")
        cells = [
            f"{found.loc[name, 'verdict']} {'up to' if found.loc[name, 'verdict'] == 'healthy' else 'at'} "
            f"{found.loc[name, 'depth']}"
            for name in VARIANTS
        ]
        lines.append([f"`{network}`", recipe, *cells])
    return table_text(["network", "recipe", *VARIANTS], lines)


def steady(studies: Studies) -> str:
    """Say how far these verdicts depend on the thresholds."""
    study = studies["default"]
    shares = study.table("probe", "steadiness").set_index("network")["share"]
    seeds = len(study.parameters["probe"]["seeds"])
    kept = listed(f"{per_cent(share)} of the `{network}` verdicts" for network, share in shares.items())
    return (
        f"A verdict is that of most of {in_words(seeds)} seeds, by the thresholds in the section `verdicts` of "
        f"`params.yaml`. Moving either threshold by a decade leaves {kept} as they are."
    )


def shattering(studies: Studies) -> str:
    """Write the correlation of gradients at neighbouring inputs by depth."""
    study = studies["default"]
    neighbours = study.table("probe", "autocorrelations").query("lag == 1").set_index(["depth", "variant"])
    noise = study.table("probe", "noise_autocorrelations").query("lag == 1").set_index("noise")["mean"]
    rows = []
    for depth in neighbours.index.unique("depth"):
        cells = []
        for variant in VARIANTS:
            row = neighbours.loc[(depth, variant)]
            cells.append(f"{row['mean']:+.2f} [{row['low']:+.2f}, {row['high']:+.2f}]")
        rows.append([str(depth), *cells])
    table = table_text(["depth", *VARIANTS], rows)
    count = int(neighbours["n"].max())
    return (
        f"{table}\n\nMean over {in_words(count)} networks with 95 % intervals. As many sequences of white noise have "
        f"{noise['white']:+.2f}, of brown noise {noise['brown']:+.2f}."
    )


def paths(studies: Studies) -> str:
    """Say which path lengths carry the gradient of trained residual networks."""
    study = studies["short"]
    shallow, deep = min(study.parameters["depths"]), study.depth
    measures = {dataset: _inspection(study, dataset) for dataset in study.datasets}
    blocks = (deep - 2) // 2
    halves = listed(_spread(of.loc[(deep, "residual", "path_length_median")]) for of in measures.values())
    names = listed(study.name(dataset) for dataset in study.datasets)
    shares = listed(
        per_cent(10 ** of.loc[(shallow, "residual", "path_share_log10"), "mean"]) for of in measures.values()
    )
    deep_shares = listed(
        per_cent(10 ** of.loc[(deep, "residual", "path_share_log10"), "mean"]) for of in measures.values()
    )
    support = listed(f"{10 ** of.loc[(deep, 'residual', 'coherence_log10'), 'mean']:.1f}" for of in measures.values())
    n = int(next(iter(measures.values()))["n"].max())
    return (
        f"In trained residual-{deep}, which has {blocks} blocks (n = {n} seeds; {names}), half of the sum of the "
        f"paths' gradient norms is on paths through at most {halves} blocks, where half of all paths have "
        f"{blocks // 2} or fewer. The lengths that carry the middle 90 % of that sum make up {deep_shares} of all "
        f"paths; at depth {shallow} they make up {shares}. The whole gradient is {support} times what orthogonal paths "
        "would add up to (geometric means; above 1, paths support each other)."
    )


def lesions(studies: Studies) -> str:
    """Write by how much the validation error rises without a block, and with blocks swapped."""
    columns = {
        "whole network": ("validation_error", ".3f"),
        "a block left out": ("lesion_rise", "+.3f"),
        "blocks swapped": ("reordering_rise", "+.3f"),
    }
    rows = []
    for study, dataset in ((studies[name], dataset) for name in INSPECTED for dataset in studies[name].datasets):
        of = _inspection(study, dataset)
        for depth in study.parameters["depths"]:
            keys = [((depth, name, measure), form) for measure, form in columns.values() for name in VARIANTS]
            if all(key in of.index for key, _ in keys):
                n = f"{of.loc[keys[0][0], 'n']:.0f}"
                cells = [_spread(of.loc[key], form) for key, form in keys]
                rows.append([study.at_start(dataset), str(study.epochs(dataset)), n, str(depth), *cells])
    if not rows:
        return "No frozen study holds lesions yet; `metrics/inspection-<dataset>.md` has those of the last run."
    headers = [f"{title}: {variant}" for title in columns for variant in VARIANTS]
    return table_text(["data", "epochs", "n", "depth", *headers], rows)


def responses(studies: Studies) -> str:
    """Write the standard deviation of layer responses."""
    study = studies["short"]
    rows = []
    for depth in study.parameters["depths"]:
        for dataset in study.datasets:
            of = _inspection(study, dataset)
            cells = [_spread(of.loc[(depth, variant, "response_std")], ".2f") for variant in VARIANTS]
            n = int(of.loc[(depth, "plain", "response_std"), "n"])
            rows.append([study.at_start(dataset), str(depth), str(n), *cells])
    return table_text(["data", "depth", "n", *VARIANTS], rows)


def _or_none(runs: pd.DataFrame, measure: str) -> str:
    """Write the mean and standard deviation of a measure that older studies lack."""
    return mean_sd(runs[measure], ".2f") if measure in runs else "-"


def _inspection(study: Study, dataset: str) -> pd.DataFrame:
    return study.table(f"inspection-{dataset}", "summary").set_index(["depth", "variant", "measure"])


def _spread(row: pd.Series, form: str = ".1f") -> str:
    return f"{row['mean']:{form}} ± {row['sd']:{form.lstrip('+')}}"
