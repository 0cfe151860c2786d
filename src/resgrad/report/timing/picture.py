"""How the wall-clock time of a training is spent."""

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from resgrad.report.style import COLOURS, look

# From the bottom of a bar to its top; the darkest shade is the training itself.
SHADES = {"seconds.training": 1.0, "seconds.evaluation": 0.55, "other": 0.2}


@look
def draw_times(title: str, averages: pd.DataFrame) -> Figure:
    """Draw a bar per variant and depth, divided into training, evaluation and the rest.

    Args:
        title: names the data.
        averages: the table of averages.
    """
    means = averages.pivot_table("mean", ["depth", "variant"], "measure")
    means["other"] = means["seconds.total"] - means["seconds.training"] - means["seconds.evaluation"]
    figure = Figure(figsize=(9, 1.6 + 0.5 * len(means)), layout="constrained")
    axes = figure.subplots()
    for place, (_, variant) in enumerate(means.index):
        left = 0.0
        for part, alpha in SHADES.items():
            seconds = means[part].iloc[place]
            axes.barh(place, seconds, left=left, color=COLOURS[variant], alpha=alpha, height=0.7)
            left += seconds
    axes.set_yticks(range(len(means)), [f"{variant}, depth {depth}" for depth, variant in means.index])
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlabel("seconds a run (wall clock, mean over seeds)")
    labels = {"seconds.training": "training", "seconds.evaluation": "evaluation", "other": "start, data, files"}
    figure.legend(
        handles=[Patch(color="#444444", alpha=alpha, label=labels[part]) for part, alpha in SHADES.items()],
        loc="outside lower center",
        ncols=len(SHADES),
    )
    figure.suptitle(title, fontsize=13)
    return figure
