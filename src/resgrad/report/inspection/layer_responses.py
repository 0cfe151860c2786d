"""How strongly the layers respond, plain against residual: in the order of the network, and sorted."""

from collections.abc import Hashable

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator
from matplotlib.typing import LineStyleType

from resgrad.report.style import COLOURS, look


@look
def draw_layer_responses(title: str, responses: pd.DataFrame) -> Figure:
    """Draw the responses as in He et al. 2015, figure 7: of the deepest networks and, dashed, of the shallowest.

    Args:
        title: names the data and the number of seeds.
        responses: the table ``responses_by_place``.
    """
    depths = responses["depth"]
    responses = responses[depths.isin([depths.min(), depths.max()])]
    figure = Figure(figsize=(11, 4.8), layout="constrained")
    network, descending = figure.subplots(1, 2, sharey=True)
    _draw(network, responses[responses["order"] == "network"])
    network.set(
        title="In the order of the network",
        xlabel="layer (1: the first)",
        ylabel="standard deviation of the response",
        yscale="log",
    )
    network.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    network.yaxis.set_major_formatter("{x:g}")
    network.yaxis.set_minor_locator(NullLocator())
    _draw(descending, responses[responses["order"] == "descending"])
    descending.set(title="Sorted within each run", xlabel="rank (1: the strongest response)")
    descending.tick_params(labelleft=True)
    figure.suptitle(title, fontsize=13)
    figure.legend(
        handles=_key(responses),
        title="response: after the normalisation, before activation and addition · "
        "lines: means over seeds · bands: smallest to largest over seeds",
        loc="outside lower center",
        ncols=4,
    )
    return figure


def _draw(axes: Axes, responses: pd.DataFrame) -> None:
    for (variant, depth), rows in responses.groupby(["variant", "depth"]):
        colour = COLOURS[str(variant)]
        axes.plot(
            rows["place"],
            rows["response_std"],
            color=colour,
            linestyle=_dash(depth, responses),
            marker=".",  # a line of one point would be invisible
            markersize=4,
        )
        low, high = rows["response_std_min"], rows["response_std_max"]
        axes.fill_between(rows["place"], low, high, color=colour, alpha=0.15, linewidth=0)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _dash(depth: Hashable, responses: pd.DataFrame) -> LineStyleType:
    return "-" if depth == responses["depth"].max() else "--"


def _key(responses: pd.DataFrame) -> list[Line2D]:
    return [
        Line2D(
            [], [], color=COLOURS[str(variant)], linestyle=_dash(depth, responses), label=f"{variant}, depth {depth}"
        )
        for (variant, depth), _ in responses.groupby(["variant", "depth"])
    ]
