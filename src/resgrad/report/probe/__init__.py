"""The page and the pictures of the probe."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from resgrad.report.probe.depths import draw_depths, draw_layers
from resgrad.report.probe.features import draw_features, draw_geometry
from resgrad.report.probe.growth import draw_growth
from resgrad.report.probe.laws import draw_laws
from resgrad.report.probe.page import to_markdown
from resgrad.report.probe.shattering import draw_shattering
from resgrad.report.probe.shortcuts import draw_shortcuts
from resgrad.report.probe.textbook import draw_textbook
from resgrad.report.probe.thresholds import Thresholds
from resgrad.report.room import Room, count_text

CSV = (
    "networks",
    "outcomes",
    "steadiness",
    "growth",
    "thirds",
    "fitted",
    "ratios",
    "laws",
    "shortcuts",
    "shortcut_laws",
    "geometry",
    "autocorrelations",
    "noise_autocorrelations",
)

__all__ = ["CSV", "pictures", "to_markdown"]


def pictures(room: Room) -> Iterator[tuple[str, Figure]]:
    """Draw each kind of network, growth by layer and by depth, and shattered gradients."""
    setting = f"initial weights, noise images, {count_text(room.about['seeds'])}"
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
        features = room["features"]
        of_kind = features[features["network"] == kind]
        yield f"features-{kind}", draw_features(title, of_kind, room.about["batch_size"])
    yield "geometry", draw_geometry(setting, room["geometry"], room.about["batch_size"])
    yield from _with_batch_norm(room, f"ReLU, batch normalisation: {setting}")
    title = f"ReLU, batch normalisation, by shortcut: {setting}"
    yield "shortcuts", draw_shortcuts(title, room["shortcuts"])
    title = f"Gradients at neighbouring inputs: initial weights, n = {room.about['shattering_networks']} networks each"
    tables = (room[name] for name in ("sequences", "noise", "autocorrelations", "noise_autocorrelations"))
    yield "shattering", draw_shattering(title, *tables)


def _with_batch_norm(room: Room, title: str) -> Iterator[tuple[str, Figure]]:
    """Draw the growth in networks with ReLU and batch normalisation, if there are any."""
    growth, ratios, laws = (room[name] for name in ("growth", "ratios", "laws"))
    growth = growth[growth["case"] == "relu_he_batch"]
    if len(growth):
        recipe = growth["recipe"].iloc[0]
        ratios, laws = ratios[ratios["recipe"] == recipe], laws[laws["recipe"] == recipe]
        powers = laws[laws["law"] == "power"][["network", "variant", "exponent"]]
        growth = growth.merge(powers, on=["network", "variant"], how="left")
        yield "growth", draw_growth(title, room["fitted"], growth, room.about["mean_field_factor"])
        yield "laws", draw_laws(title, ratios, laws)
