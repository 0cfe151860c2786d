"""The probe's results on growth over depth, shortcuts, and the remaining differences between inputs."""

import pandas as pd

from handbook.study import Studies, Study
from handbook.words import in_words, interval, listed
from resgrad.common.cells import VARIANTS
from resgrad.report.markdown import table_text
from resgrad.report.probe.by_depth import shortcuts_table

EARLIER = "The frozen study is older than this part of the probe."
EVEN = 0.02
"""How far a factor per layer may differ from 1 for gradients to count as even."""

COLLAPSED = 4
"""Below this effective rank, 64 inputs count as nearly identical."""


def laws(studies: Studies) -> str:
    """Say how gradients grow with depth for ReLU and batch normalisation, and for other recipes."""
    study = studies["default"]
    if not study.has("probe", "laws"):
        return EARLIER
    table = study.table("probe", "laws")
    named = table[table["recipe"] == "relu, he, batch"].set_index(["network", "variant"])
    lines = [
        f"* {variant} `{network}`, {_fit(named.loc[(network, variant)])}"
        for network in ("fully_connected", "cifar_resnet")
        for variant in VARIANTS
        if (network, variant) in named.index
    ]
    residual = table[table["variant"] == "residual"]
    relu = residual["activation"] == "relu"
    seeds = in_words(len(study.parameters["probe"]["seeds"]))
    return (
        f"The gradient of the first hidden layer, over that of the last one, by depth (ReLU, batch normalisation, "
        f"{seeds} seeds, 95 % intervals):\n\n" + "\n".join(lines) + "\n\n"
        f"A factor per layer holds for the first kind of growth alone: of a power law it depends on the depth at which "
        f"it is taken. Of the residual recipes with ReLU, {_counted(residual[relu])}; of those with tanh or sigmoid, "
        f"{_counted(residual[~relu])}. The activation follows the sum here, so that the way of the shortcut is the "
        f"identity only where the activation is, as ReLU is for what is positive."
        f"{_picture('laws', 'Growth of the gradient over depth, with both fits')}"
    )


def shortcuts(studies: Studies) -> str:
    """Write the growth for every kind of shortcut, and compare it with the training results of He et al. 2016."""
    study = studies["default"]
    if not study.has("probe", "shortcuts"):
        return EARLIER
    fits = study.table("probe", "shortcut_laws")
    fits = fits[fits["measure"] == "weights"]
    ratios = study.table("probe", "shortcuts")
    by_law = {law: sorted(set(of["shortcut"]) - {"none"}) for law, of in fits.groupby("law")}
    said = listed(f"{_law(law)} with {listed(f'`{name}`' for name in names)}" for law, names in by_law.items() if names)
    deepest = ratios[(ratios["depth"] == ratios["depth"].max()) & (ratios["measure"] == "weights")]
    means = deepest.groupby(["network", "shortcut"])["log10_ratio"].mean().dropna()
    of_identity = means.index.get_level_values("shortcut") == "zero_padding"
    return (
        f"{shortcuts_table(ratios, fits)}\n\n"
        f"log10 of the gradient of the first hidden weight layer over that of the last one, by depth (ReLU, batch "
        f"normalisation; `cifar_resnet` where no other kind is named). Growth of residual networks is {said}. In the "
        f"last column, the error at the output of the first block over that of the last one, which `rezero` has too: "
        f"the weights within its branches have no gradient at the first step. At the greatest depth the identity has "
        f"{_range(means[of_identity])}, all else {_range(means[~of_identity])}. In He et al. 2016 (table 1: networks "
        "of 110 layers, trained on CIFAR-10) plain networks, constant scaling, and gates unless they start nearly "
        "closed, failed; 1x1 convolutions on every shortcut, here `all_projection`, trained, with nearly twice the "
        "error of the identity."
        f"{_picture('shortcuts', 'Growth of the gradient over depth, by shortcut')}"
    )


def geometry(studies: Studies) -> str:
    """Compare the remaining differences between inputs with the growth of the gradient."""
    study = studies["default"]
    if not study.has("probe", "geometry"):
        return EARLIER
    table = study.table("probe", "geometry")
    shown = table[(table["activation"] == "relu") & (table["initialization"] == "he")]
    rows = []
    for (network, depth, recipe), of_recipe in shown.groupby(["network", "depth", "recipe"]):
        found = of_recipe.set_index("variant")[["factor", "cosine", "effective_rank"]].reindex(VARIANTS).to_numpy()
        cells = [f"{value:{form}}" for row in found for value, form in zip(row, (".3f", ".2f", ".1f"), strict=True)]
        rows.append([f"`{network}`", str(depth), recipe, *cells])
    measures = [f"{measure}, {variant}" for variant in VARIANTS for measure in ("growth", "cosine", "effective rank")]
    inputs = study.parameters["probe"]["batch_size"]
    counts = "; ".join(f"{variant}, {_collapsed(table[table['variant'] == variant])}" for variant in VARIANTS)
    return (
        f"{table_text(['network', 'depth', 'recipe', *measures], rows)}\n\n"
        f"Growth is per layer, cosine and effective rank (of {inputs} inputs) are of what enters the last layer. Over "
        f"all recipes: {counts}."
        f"{_picture('geometry', 'Effective rank of what enters the last layer, over the growth of the gradient')}"
    )


def thirds(study: Study, network: str) -> str:
    """Write the factors of the thirds of a plain network, starting at the input; nothing if they were not measured."""
    if not study.has("probe", "thirds"):
        return ""
    table = study.table("probe", "thirds")
    factors = table[(table["network"] == network) & (table["variant"] == "plain")]["factor"]
    return f", and from the input on its thirds have {listed(f'{factor:.3f}' for factor in factors)}"


def _fit(row: pd.Series) -> str:
    depths = f"{row['shallowest']:.0f} to {row['deepest']:.0f} layers"
    exponential, power = f"{row['exponential_r2']:.3f}", f"{row['power_r2']:.3f}"
    if row["law"] == "exponential":
        ends = interval(10 ** row["log10_rate_low"], 10 ** row["log10_rate_high"], ".3f")
        fit = f"exponential, {10 ** row['log10_rate']:.3f} per layer ({ends})"
        return f"{depths}: {fit}; R² {exponential}, of a power law {power}"
    if row["law"] == "power":
        ends = interval(row["exponent_low"], row["exponent_high"], ".2f")
        fit = f"depth to the power of {row['exponent']:.2f} ({ends})"
        return f"{depths}: {fit}; R² {power}, of an exponential {exponential}"
    return f"{depths}: {_law(row['law'])}; R² of an exponential {exponential}, of a power law {power}"


def _law(law: str) -> str:
    return {"power": "a power law", "neither": "neither"}.get(law, law)


def _counted(laws: pd.DataFrame) -> str:
    """Write ``of which there are ten, three follow a power law and seven are level``."""
    words = {
        "exponential": ("grows exponentially", "grow exponentially"),
        "power": ("follows a power law", "follow a power law"),
        "level": ("is level", "are level"),
        "neither": ("does neither", "do neither"),
    }
    counts = laws["law"].value_counts()
    numbers = {law: int(counts[law]) for law in words if law in counts}
    each = [f"{in_words(number)} {words[law][number > 1]}" for law, number in numbers.items()]
    return f"of which there {'is' if len(laws) == 1 else 'are'} {in_words(len(laws))}, {listed(each)}"


def _collapsed(rows: pd.DataFrame) -> str:
    """Count the recipes whose inputs became nearly identical, among those with even gradients and among all others."""
    even = (rows["factor"] - 1).abs() < EVEN
    low = rows["effective_rank"] < COLLAPSED
    growing = rows["factor"] >= 1 + EVEN
    return (
        f"an effective rank below {COLLAPSED} is found in {_share(low[even])} whose factor is within {EVEN:g} of 1, "
        f"and in {_share(low[growing])} whose factor is greater"
    )


def _share(which: pd.Series) -> str:
    return f"{in_words(int(which.sum()))} of {in_words(len(which))}"


def _range(values: pd.Series) -> str:
    return f"{values.min():+.2f} to {values.max():+.2f}"


def _picture(name: str, title: str) -> str:
    return f"\n\n![{title}](study/default/probe/{name}.png)"
