"""The arrangement of a picture's panels, and the key to its colours."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from resgrad.report.style import COLOURS, MARKERS

COLUMNS = 4
"""Maximum number of panels side by side."""


def arrange(count: int, width: float = 4.6, height: float = 3.6) -> tuple[Figure, list[Axes]]:
    """Make a figure of equal panels, each ``width`` x ``height`` inches, in as few rows as possible."""
    rows = math.ceil(count / COLUMNS)
    columns = math.ceil(count / rows)
    figure = Figure(figsize=(max(columns * width, 8), rows * height + 0.9), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for unused in panels[count:]:
        unused.remove()
    return figure, list(panels[:count])


def finish(figure: Figure, title: str, key: str) -> None:
    """Add the title, and below the panels the variants' colours and the meaning of the marks."""
    figure.suptitle(title, fontsize=13)
    legend = figure.legend(
        handles=[
            Line2D([], [], color=COLOURS[name], marker=MARKERS[name], label=f"{name} network") for name in COLOURS
        ],
        title=key,
        loc="outside lower center",
        ncols=2,
    )
    legend.get_title().set_multialignment("center")
