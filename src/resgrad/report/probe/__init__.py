"""The page and the pictures of the probe."""

from collections.abc import Iterator

import pandas as pd
from matplotlib.figure import Figure

from resgrad.report.probe.depths import draw_depths, draw_layers
from resgrad.report.probe.growth import draw_growth
from resgrad.report.probe.page import to_markdown
from resgrad.report.probe.shattering import draw_shattering
from resgrad.report.probe.textbook import draw_textbook
from resgrad.report.probe.thresholds import Thresholds
from resgrad.report.room import Room

CSV = ("networks", "outcomes", "steadiness", "growth", "fitted", "autocorrelations", "noise_autocorrelations")

__all__ = ["CSV", "pictures", "to_markdown"]


def pictures(room: Room) -> Iterator[tuple[str, Figure]]:
    """Draw each kind of network, the growth per layer where theory has a number for it, and shattered gradients."""
    setting = f"initial weights, noise images, n = {room.about['seeds']} seeds"
    thresholds = Thresholds(room.about["vanishing_log10"], room.about["exploding_log10"])
    networks = room["networks"]
    for (kind, depth), signals in room["signals"].groupby(["network", "depth"], sort=False):
        of_kind = networks[networks["network"] == kind]
        at_depth = of_kind[of_kind["depth"] == depth]
        title = f"{kind}, depth {depth}: {setting}"
        yield f"depths-{kind}", draw_depths(f"{kind}: {setting}", of_kind)
        yield f"layers-{kind}", draw_layers(title, signals, at_depth, thresholds)
        cases = signals[signals["case"].notna()]
        if len(cases):
            yield f"textbook-{kind}", draw_textbook(title, cases, thresholds)
    fitted, growth = (_named_by_depth(room[name]) for name in ("fitted", "growth"))
    if len(fitted):
        title = f"ReLU, batch normalisation: {setting}"
        growth = growth[growth["case"] == "relu_he_batch"]
        yield "growth", draw_growth(title, fitted, growth, room.about["mean_field_factor"])
    title = f"Gradients at neighbouring inputs: initial weights, n = {room.about['shattering_networks']} networks each"
    tables = (room[name] for name in ("sequences", "noise", "autocorrelations", "noise_autocorrelations"))
    yield "shattering", draw_shattering(title, *tables)


def _named_by_depth(table: pd.DataFrame) -> pd.DataFrame:
    """Call a kind of network by its depth too."""
    return table.assign(network=table["network"] + ", depth " + table["depth"].astype(str))
