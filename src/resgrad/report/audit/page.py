"""The audit as a page for people."""

from typing import Any

import pandas as pd

from resgrad.audit.classifiers import AVERAGES, BORDER, GUESS
from resgrad.common.intervals import COVERAGE
from resgrad.report.markdown import spread_text, table_text
from resgrad.report.provenance import PROVENANCE

WORST = 3
"""Classes that are named."""

ABOUT_SPLITS = """\
Networks of one seed start from the same weights; each is tested on its own split, and so are the forests of the next \
part. Mean ± standard deviation over seeds. Over seeds: what other trainings would give (Student's t). Over leaves: \
what other test images would give, photographs of one leaf or of one stretch of the camera roll taken together \
(standard errors robust to clusters). Leak: share of the test images whose leaf is in training too, of those whose \
leaf is known."""

ABOUT_BORDER = """\
All on the test images of the {split} split; mean ± standard deviation over seeds. Border pixels: a random forest with \
default parameters on the corners and the middles of the edges of the images as the networks see them, after Noyan \
2022 (arXiv:2206.04374), who reports 49.0% on the 38 classes of PlantVillage. What a forest can do with the border, a \
network can do too."""

ABOUT_CLASSES = "Recall on the test images, mean over seeds; the worst class on average over the variants first."


def to_markdown(
    dataset: str, provenance: str, *, split: str, depth: int, summary: dict[str, Any], classes: pd.DataFrame
) -> str:
    """Write the three parts, each with its statement first.

    Args:
        dataset: its name.
        provenance: embedded, official or custom.
        split: the one in use.
        depth: of the networks in ``classes``.
        summary: from :func:`~resgrad.audit.summary.summarise`.
        classes: from :func:`~resgrad.audit.imbalance.worst_first`.
    """
    paragraphs = [
        f"# {dataset} ({provenance}): what the accuracies are made of",
        PROVENANCE[provenance].format(dataset=dataset),
        "## Seen leaves: the random split against the leaf split",
        *_inflation(summary.get("inflation")),
        "## Backdrop: what eight border pixels tell",
        *_border_pixels(summary["classifiers"], split),
        "## Rare and difficult classes",
        *_classes(summary, classes, depth),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _inflation(inflation: dict[str, Any] | None) -> list[str]:
    if inflation is None:
        return ["Not applicable: no leaves are known of these images, and both splits are the same."]
    seeds, leaves = inflation["over_seeds"], inflation["over_leaves"]
    statement = (
        f"The same small residual network has a test accuracy of {inflation['random']['network']['mean']:.3f} on the "
        f"random split and of {inflation['leaf']['network']['mean']:.3f} on the leaf split, **a difference of "
        f"{100 * seeds['mean']:+.1f} points** ({COVERAGE:.0%} intervals: {_points(seeds)} over {seeds['n']} seeds, "
        f"{_points(leaves)} over {leaves['n']} leaves or stretches of captures)."
    )
    rows = [
        [
            scheme,
            _text(inflation[scheme]["network"]),
            _text(inflation[scheme]["border_pixels"]),
            f"{inflation[scheme]['leak']:.1%}" if "leak" in inflation[scheme] else "unknown",
        ]
        for scheme in ("leaf", "random")
    ]
    headers = ["split", "test accuracy, small residual network", "test accuracy, border pixels", "leak"]
    return [statement, table_text(headers, rows), ABOUT_SPLITS]


def _border_pixels(classifiers: dict[str, Any], split: str) -> list[str]:
    guess, border = (classifiers[name]["accuracy"]["mean"] for name in (GUESS, BORDER))
    networks = {name: c["accuracy"]["mean"] for name, c in classifiers.items() if name not in {GUESS, BORDER}}
    best = max(networks, key=networks.__getitem__)
    statement = (
        f"**Eight border pixels name the right class for {border:.1%} of the test images**, always guessing the most "
        f"frequent one for {guess:.1%}, the best networks ({best}) for {networks[best]:.1%}."
    )
    rows = [
        [name.replace("_", " "), *(_text(averages[average]) for average in AVERAGES)]
        for name, averages in classifiers.items()
    ]
    table = table_text(["classifier", *(average.replace("_", " ") for average in AVERAGES)], rows)
    return [statement, table, ABOUT_BORDER.format(split=split)]


def _classes(summary: dict[str, Any], classes: pd.DataFrame, depth: int) -> list[str]:
    sizes = summary["classes"]
    variants = list(sizes["lowest_recall"])
    averages = [
        f"{of_variant['accuracy']['mean']:.3f} and {of_variant['balanced_accuracy']['mean']:.3f} ({variant})"
        for variant in variants
        for of_variant in (summary["classifiers"][f"{variant}-{depth}"],)
    ]
    worst = [
        f"{row['class']} ({', '.join(f'{variant} {row[variant]:.3f}' for variant in variants)}; n = {row['test']})"
        for row in classes.head(WORST).to_dict("records")
    ]
    statement = (
        f"The largest of {sizes['number']} classes has {sizes['largest']} training images, the smallest "
        f"{sizes['smallest']}. At depth {depth}, accuracy (micro average) and balanced accuracy (macro average of "
        f"recall) are {', '.join(averages)}. **Recall is lowest for {'; '.join(worst)}.**"
    )
    rows = [
        [row["class"], row["train"], row["test"], *(f"{row[variant]:.3f}" for variant in variants)]
        for row in classes.to_dict("records")
    ]
    headers = ["class", "train images", "test images", *(f"recall, {variant}-{depth}" for variant in variants)]
    return [statement, table_text(headers, rows), ABOUT_CLASSES]


def _text(summary: dict[str, float]) -> str:
    return spread_text(**summary, form=".3f")


def _points(difference: dict[str, float]) -> str:
    """Write an interval in percentage points."""
    if "low" not in difference:
        return "none"
    return f"{100 * difference['low']:+.1f} to {100 * difference['high']:+.1f}"
