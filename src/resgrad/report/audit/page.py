"""The page of the audit."""

import math
from typing import NamedTuple

import pandas as pd

from resgrad.common.frames import typed_rows
from resgrad.common.intervals import COVERAGE
from resgrad.report.audit.figure import SHOWN
from resgrad.report.markdown import plain_text, spread_text, table_text
from resgrad.report.provenance import PROVENANCE
from resgrad.report.room import Room, count_text

WORST = 3
"""Number of classes that are named."""

GUESS, BORDER = "most_frequent_class", "border_pixels"
"""Classifiers that see no leaf, with their names in the tables."""

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


class _Difference(NamedTuple):
    """A row of the table ``inflation``."""

    over: str
    n: int
    mean: float
    low: float
    high: float


class _SplitAverage(NamedTuple):
    """A row of the table ``split_averages``."""

    scheme: str
    classifier: str
    n: int
    mean: float
    sd: float
    leak: float


def to_markdown(room: Room) -> str:
    """Write the three parts, each beginning with its statement.

    Args:
        room: the tables of the audit.
    """
    about = room.about
    paragraphs = [
        f"# {about['dataset']} ({about['provenance']}): what the accuracies are made of",
        PROVENANCE[about["provenance"]].format(dataset=about["dataset"]),
        "## Seen leaves: the random split against the leaf split",
        *_inflation(room),
        "## Backdrop: what eight border pixels tell",
        *_border_pixels(room["averages"], about["split"]),
        "## Rare and difficult classes",
        *_classes(room["classes"], room["averages"], about["depth"]),
    ]
    return "\n\n".join(paragraphs) + "\n"


def _inflation(room: Room) -> list[str]:
    if "inflation" not in room:
        return ["Not applicable: no leaves are known of these images, and both splits are the same."]
    over = {row.over: row for row in typed_rows(room["inflation"], _Difference)}
    averages = typed_rows(room["split_averages"], _SplitAverage)
    network, borders = (
        {row.scheme: row for row in averages if row.classifier == classifier} for classifier in ("network", BORDER)
    )
    statement = (
        f"The same small residual network has a test accuracy of {network['random'].mean:.3f} on the random split and "
        f"of {network['leaf'].mean:.3f} on the leaf split, **a difference of {100 * over['seeds'].mean:+.1f} points** "
        f"({COVERAGE:.0%} intervals: {_points(over['seeds'])} over {count_text(over['seeds'].n)}, "
        f"{_points(over['leaves'])} over {over['leaves'].n} leaves or stretches of captures)."
    )
    rows = [
        [
            scheme,
            *(spread_text(row.n, row.mean, row.sd, form=".3f") for row in (of_network, borders[scheme])),
            "unknown" if math.isnan(of_network.leak) else f"{of_network.leak:.1%}",
        ]
        for scheme, of_network in network.items()
    ]
    headers = ["split", "test accuracy, small residual network", "test accuracy, border pixels", "leak"]
    return [statement, table_text(headers, rows), ABOUT_SPLITS]


def _border_pixels(averages: pd.DataFrame, split: str) -> list[str]:
    accuracy = averages[averages["average"] == "accuracy"].set_index("classifier")["mean"]
    networks = accuracy.drop([GUESS, BORDER])
    best = str(networks.idxmax())
    statement = (
        f"**Eight border pixels name the right class for {accuracy[BORDER]:.1%} of the test images**, always guessing "
        f"the most frequent one for {accuracy[GUESS]:.1%}, the best networks ({best}) for {networks[best]:.1%}."
    )
    rows = [
        [str(name).replace("_", " "), *(_text(row) for _, row in of_classifier.iterrows())]
        for name, of_classifier in averages.groupby("classifier", sort=False)
    ]
    headers = [name.replace("_", " ") for name in averages["average"].unique()]
    return [statement, table_text(["classifier", *headers], rows), ABOUT_BORDER.format(split=split)]


def _classes(classes: pd.DataFrame, averages: pd.DataFrame, depth: int) -> list[str]:
    means = averages.set_index(["classifier", "average"])["mean"]
    variants = sorted(classes["variant"].unique())
    micro_and_macro = [
        f"{means[f'{variant}-{depth}', 'accuracy']:.3f} and {means[f'{variant}-{depth}', 'balanced_accuracy']:.3f} "
        f"({variant})"
        for variant in variants
    ]
    lines = [
        (plain_text(str(name)), rows.iloc[0], rows.set_index("variant")["recall"])
        for name, rows in classes.groupby("class", sort=False)
    ]
    worst = [
        f"{name} ({', '.join(f'{variant} {recall[variant]:.3f}' for variant in variants)}; n = {row['test']})"
        for name, row, recall in lines[:WORST]
    ]
    statement = (
        f"The largest of {len(lines)} classes has {classes['train'].max()} training images, the smallest "
        f"{classes['train'].min()}. At depth {depth}, accuracy (micro average) and balanced accuracy (macro average of "
        f"recall) are {', '.join(micro_and_macro)}. **Recall is lowest for {'; '.join(worst)}.**"
    )
    rows = [
        [name, str(row["train"]), str(row["test"]), *(f"{recall[variant]:.3f}" for variant in variants)]
        for name, row, recall in lines
    ]
    headers = ["class", "train images", "test images", *(f"recall, {variant}-{depth}" for variant in variants)]
    more = "" if len(rows) <= SHOWN else f" Here are {SHOWN} of {len(rows)}; the table `classes` has all."
    return [statement, table_text(headers, rows[:SHOWN]), ABOUT_CLASSES + more]


def _text(row: pd.Series) -> str:
    return spread_text(row["n"], row["mean"], row["sd"], form=".3f")


def _points(difference: _Difference) -> str:
    """Write an interval in percentage points."""
    if math.isnan(difference.low):
        return "none"
    return f"{100 * difference.low:+.1f} to {100 * difference.high:+.1f}"
