"""The parts of the page about growth over depth: which law holds, and for which shortcut."""

import math

import pandas as pd

from resgrad.common.cells import VARIANTS
from resgrad.common.frames import typed_rows
from resgrad.report.markdown import table_text
from resgrad.report.probe.laws import Law
from resgrad.report.probe.words import shortcut_name

ABOUT_LAWS = """\
How the gradient of the first hidden weight layer, over that of the last one, grows with depth (L2 norms, means over \
seeds, n = {seeds}): exponential (the ratio is multiplied by one factor per layer) or a power of depth, whichever \
explains more of log10 of the ratio, if that is 95 % or more; in brackets the share that each explains. Level: no two \
depths differ by half a power of ten. Left out are recipes with fewer than four depths at which float32 holds both \
gradients. Theory expects exponential growth in plain networks with batch normalisation (Yang et al. 2019), and less \
than that around identity shortcuts (Yang and Schoenholz 2017; De and Smith 2020)."""

ABOUT_SHORTCUTS = """\
log10 of the gradient of the first hidden weight layer over that of the last one, means over seeds (n = {seeds}), with \
ReLU and batch normalisation. The last column compares the error at the output of the first block with that of the \
last one, at the greatest depth. ReZero multiplies every branch by 0 at its first step, so the weights in there have \
no gradient yet: undefined. He et al. 2016 (table 1) trained networks of 110 layers on CIFAR-10: the identity had the \
lowest error; plain networks, constant scaling, and highway gates that do not start nearly closed, failed; 1x1 \
convolutions on all shortcuts trained, with nearly twice the error."""


def laws_table(laws: pd.DataFrame) -> str:
    """Write which law holds for every recipe, plain beside residual."""
    if laws.empty:
        return "No recipe is probed at four depths or more."
    rows = []
    for (network, recipe), of_recipe in laws.groupby(["network", "recipe"], sort=True):
        found = dict(zip(of_recipe["variant"], typed_rows(of_recipe, Law), strict=True))
        cells = [law_text(found[variant]) if variant in found else "-" for variant in VARIANTS]
        rows.append([str(network), str(recipe), *cells])
    return table_text(["network", "recipe", *VARIANTS], rows)


def law_text(law: Law) -> str:
    """Write ``power 1.31 (R² 0.999; exponential 0.780)``."""
    exponential, power = f"{law.exponential_r2:.3f}", f"{law.power_r2:.3f}"
    match law.law:
        case "power":
            return f"power {law.exponent:.2f} (R² {power}; exponential {exponential})"
        case "exponential":
            return f"exponential {10**law.log10_rate:.3f} (R² {exponential}; power {power})"
        case "neither":
            return f"neither (R² exponential {exponential}; power {power})"
        case level:
            return level


def shortcuts_table(ratios: pd.DataFrame, laws: pd.DataFrame) -> str:
    """Write a row per shortcut: its ratio by depth, the law, and the error between blocks at the greatest depth."""
    depths = sorted(ratios["depth"].unique())
    laws = laws[laws["measure"] == "weights"]
    rows = []
    for (network, shortcut), of_kind in ratios.groupby(["network", "shortcut"], sort=False):
        means = of_kind.groupby(["measure", "depth"])["log10_ratio"].mean()
        of_laws = laws[(laws["network"] == network) & (laws["shortcut"] == shortcut)]
        rows.append(
            [
                shortcut_name(str(network), str(shortcut)),
                *(_number(means.get(("weights", depth))) for depth in depths),
                *([law_text(law) for law in typed_rows(of_laws, Law)] or ["-"]),
                _number(means.get(("blocks", depths[-1]))),
            ]
        )
    return table_text(["shortcut", *map(str, depths), "growth", f"error, {depths[-1]}"], rows)


def _number(ratio: float | None) -> str:
    if ratio is None:
        return "-"
    return "undefined" if math.isnan(ratio) else f"{ratio:+.2f}"
