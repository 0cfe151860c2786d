"""The audit's picture: guessing, border pixels and networks side by side, and recall by class."""

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from resgrad.report.style import COLOURS, MARKERS, drawable, look

BASELINE = "#555555"
SHOWN = 30
"""Number of classes that a page or a picture shows, those with the lowest recall; the table ``classes`` has all."""

SCHEME_COLOURS = {"leaf": "#009E73", "random": "#CC79A7"}
"""Colours of the splits, from the same palette as the variants'."""


@look
def draw_audit(
    title: str, classifiers: pd.DataFrame, splits: pd.DataFrame | None, by_variant: pd.DataFrame, depth: int
) -> Figure:
    """Draw accuracies on the left and recall on the right.

    Args:
        title: names the data and its provenance.
        classifiers: the table ``classifiers``: classifier, accuracy.
        splits: the table ``split_accuracies``: scheme, seed, accuracy; None if both splits are the same.
        by_variant: the table of classes, lowest recall first: class, test, variant, recall.
        depth: depth of the networks in ``by_variant``.
    """
    recall = by_variant.pivot_table("recall", "class", "variant")
    every = by_variant[["class", "test"]].drop_duplicates()
    classes = every.head(SHOWN).merge(recall, on="class")
    bars = [
        (str(name).replace("_", " "), _colour(str(name)), rows["accuracy"])
        for name, rows in classifiers.groupby("classifier", sort=False)
    ]
    if splits is not None:
        bars += [
            (f"small residual network,\n{scheme} split", SCHEME_COLOURS[str(scheme)], rows["accuracy"])
            for scheme, rows in splits.groupby("scheme", sort=True)
        ]
    variants = [name for name in COLOURS if name in classes]
    figure = Figure(figsize=(13, max(5.0, 1.6 + 0.4 * max(len(bars), len(classes)))), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_accuracies(left, bars)
    _draw_recall(right, classes, variants)
    of = "" if len(classes) == len(every) else f": the {len(classes)} lowest of {len(every)}"
    right.set_title(f"Recall by class, depth {depth}{of}")
    figure.suptitle(title, fontsize=13)
    figure.legend(
        handles=[
            *(Line2D([], [], color=COLOURS[name], marker=MARKERS[name], label=f"{name} networks") for name in variants),
            Line2D([], [], color="black", marker="o", linestyle="", fillstyle="none", label="single seeds"),
        ],
        loc="outside lower center",
        ncols=3,
    )
    return figure


def _draw_accuracies(axes: Axes, bars: list[tuple[str, str, pd.Series]]) -> None:
    """Draw a bar per classifier, its mean as a number, and a hollow dot per seed."""
    for place, (_, colour, values) in enumerate(bars):
        axes.barh(place, values.mean(), color=colour, alpha=0.75, height=0.7)
        axes.plot(values, [place] * len(values), "o", color="black", fillstyle="none", markersize=4, linewidth=0)
        axes.text(max(values) + 0.02, place, f"{values.mean():.1%}".replace("%", " %"), va="center")
    axes.set_yticks(range(len(bars)), [name for name, _, _ in bars])
    axes.set(title="Test accuracy", xlabel="test accuracy (bars: means over seeds)")
    axes.set_xlim(0, 1.15)
    _finish(axes)


def _draw_recall(axes: Axes, classes: pd.DataFrame, variants: list[str]) -> None:
    """Draw a line of dots per class, one dot per variant."""
    places = range(len(classes))
    axes.hlines(places, 0, classes[variants].max(axis=1), color="#bbbbbb", linewidth=1)
    for variant in variants:
        axes.plot(classes[variant], places, MARKERS[variant], color=COLOURS[variant], label=variant)
    names = [f"{drawable(name)} ({images})" for name, images in zip(classes["class"], classes["test"], strict=True)]
    axes.set_yticks(places, names)
    axes.set(ylabel="class (test images)", xlabel="recall (mean over seeds)")
    axes.set_xlim(-0.03, 1.03)
    _finish(axes)


def _finish(axes: Axes) -> None:
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1))


def _colour(classifier: str) -> str:
    return next((colour for variant, colour in COLOURS.items() if classifier.startswith(variant)), BASELINE)
