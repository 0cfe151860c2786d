"""The pictures of an inspection show their data, with labels."""

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from resgrad.report.inspection.layer_responses import draw_layer_responses
from resgrad.report.inspection.lesions import draw_lesions
from resgrad.report.inspection.loss_surface import draw_loss_surface
from resgrad.report.inspection.path_lengths import draw_path_lengths
from resgrad.report.style import COLOURS, save

RESPONSES = pd.DataFrame(
    [
        {"variant": variant, "depth": depth, "order": order, "place": place, "response_std": depth + place}
        for variant in COLOURS
        for depth in (8, 14, 20)
        for order in ("network", "descending")
        for place in (1, 2, 3)
    ]
)
RESPONSES = RESPONSES.assign(response_std_min=RESPONSES["response_std"] / 2, response_std_max=RESPONSES["response_std"])


def paths(variant, lengths):
    frame = pd.DataFrame({"variant": variant, "length": lengths, "blocks": 2, "frequency": 0.25})
    frame = frame.assign(log10_gain=-frame["length"].astype(float), contribution=0.1, log10_gain_of_all_paths=1.0)
    for column in ("log10_gain", "contribution", "log10_gain_of_all_paths"):
        frame = frame.assign(**{f"{column}_min": frame[column] - 0.05, f"{column}_max": frame[column] + 0.05})
    return frame


RESIDUAL, PLAIN = paths("residual", [0, 1, 2]), paths("plain", [2])
GRID = pd.DataFrame([(x, y, 10.0 ** (x + 3 * y)) for y in (-1, 0, 1) for x in (-1, 0, 1)], columns=["x", "y", "loss"])
SURFACE = pd.concat([GRID.assign(variant="plain"), GRID.assign(variant="residual", loss=0.5)])

LESIONS = pd.DataFrame(
    [
        {
            "variant": variant,
            "depth": depth,
            "block": block,
            "changes_shape": block == 2,
            "whole_error": 0.1,
            "error": e,
        }
        for variant in COLOURS
        for depth in (20, 8, 14)
        for block, e in ((1, 0.2 + depth / 100), (2, np.nan if variant == "plain" else 0.3), (3, 0.4))
    ]
)
LESIONS = LESIONS.assign(error_min=LESIONS["error"] - 0.1, error_max=LESIONS["error"] + 0.1)
SWAPS = pd.DataFrame(
    [
        {"variant": variant, "depth": 20, "swaps": swaps, "whole_error": 0.1, "error": 0.1 * swaps}
        for variant in COLOURS
        for swaps in (1, 2, 4)
    ]
)
SWAPS = SWAPS.assign(error_min=SWAPS["error"] - 0.1, error_max=SWAPS["error"] + 0.1)


def lines(axes):
    return [(to_hex(line.get_color()).upper(), list(line.get_ydata())) for line in axes.get_lines()]


def test_responses_of_the_shallowest_and_the_deepest_networks_are_drawn_in_both_orders():
    figure = draw_layer_responses("a title", RESPONSES)
    assert figure.get_suptitle() == "a title"
    for axes in figure.axes:
        drawn = [(colour, values) for colour in COLOURS.values() for values in ([9, 10, 11], [21, 22, 23])]
        assert sorted(lines(axes)) == sorted(drawn)
        assert [line.get_linestyle() for line in axes.get_lines()] == ["--", "-"] * 2
        assert axes.get_title(loc="left")
        assert axes.get_xlabel()
    assert figure.axes[0].get_ylabel()
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels == ["plain, depth 8", "plain, depth 20", "residual, depth 8", "residual, depth 20"]


def test_paths_are_drawn_by_their_number_by_what_one_carries_and_by_what_all_carry():
    figure = draw_path_lengths("a title", pd.concat([RESIDUAL, PLAIN]))
    number, gain, carried = figure.axes
    assert [bar.get_height() for bar in number.patches] == [0.25] * 3
    assert [bar.get_height() for bar in carried.patches] == [0.25] * 3 + [0.1] * 3
    single = (COLOURS["residual"], [0, -1, -2])
    assert lines(gain) == [single, (COLOURS["residual"], [1, 1]), (COLOURS["plain"], [-2])]
    assert "2^{2}" in number.get_title(loc="left")
    for axes in figure.axes:
        assert axes.get_xlabel().endswith("of 2)")
        assert axes.get_ylabel()


def test_without_plain_networks_the_key_has_none():
    def labels(frame):
        return [text.get_text() for text in draw_path_lengths("", frame).legends[0].get_texts()]

    assert labels(pd.concat([RESIDUAL, PLAIN]))[-1].startswith("plain")
    assert not any(label.startswith("plain") for label in labels(RESIDUAL))


def test_lesions_of_the_shallowest_and_the_deepest_networks_are_drawn_beside_the_whole_network():
    figure = draw_lesions("a title", LESIONS, SWAPS)
    assert figure.get_suptitle() == "a title"
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [f"Depth {d}: {what}" for d in (8, 20) for what in ("one block left out", "blocks swapped")]
    shallow, none, deep, swapped = figure.axes
    for axes, first in ((shallow, 0.28), (deep, 0.4)):
        drawn = {(colour, tuple(np.round(values, 2))) for colour, values in lines(axes)}
        for colour in COLOURS.values():
            assert {(colour, (0.1, 0.1)), (colour, (first, 0.4))} <= drawn
        assert (COLOURS["residual"], (0.3,)) in drawn
        hollow = [line for line in axes.get_lines() if line.get_markerfacecolor() == "white"]
        assert [list(line.get_xdata()) for line in hollow] == [[2], [2]]
    assert [text.get_text() for text in none.texts] == ["no two blocks of equal shape"]
    assert (COLOURS["plain"], pytest.approx([0.1, 0.2, 0.4])) in lines(swapped)
    assert all(axes.get_xlabel() for axes in figure.axes)
    labels = [text.get_text() for text in figure.legends[0].get_texts()]
    assert labels[:4] == ["plain", "residual", "plain: the whole network", "residual: the whole network"]
    assert "a plain one cannot" in labels[4]


def test_networks_of_one_depth_have_one_row_of_panels():
    assert len(draw_lesions("", LESIONS[LESIONS["depth"] == 8], SWAPS[:0]).axes) == 2


def test_surfaces_share_one_scale_of_whole_powers_of_ten_and_mark_the_trained_weights():
    figure = draw_loss_surface("a title", SURFACE)
    plain, residual, bar = figure.axes
    for axes, variant in ((plain, "plain"), (residual, "residual")):
        scale = axes.collections[0].norm
        assert (scale.vmin, scale.vmax) == (pytest.approx(1e-4), pytest.approx(1e4))
        assert axes.get_title(loc="left") == f"{variant} network"
        (cross,) = axes.get_lines()
        assert (list(cross.get_xdata()), list(cross.get_ydata())) == ([0], [0])
    assert "nats" in bar.get_ylabel()


def test_a_loss_that_overflowed_or_is_out_of_all_bounds_spoils_no_scale():
    wild = GRID.assign(variant="plain", loss=[np.nan, np.inf, 1e30, 0.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    (plain, _bar) = draw_loss_surface("", wild).axes
    filled = plain.collections[0]
    assert (filled.norm.vmin, filled.norm.vmax) == (pytest.approx(1e-4), pytest.approx(1e4))


def test_the_same_figures_give_the_same_bytes_whatever_the_user_set(tmp_path, monkeypatch):
    def drawn():
        figures = [
            draw_layer_responses("", RESPONSES),
            draw_path_lengths("", pd.concat([RESIDUAL, PLAIN])),
            draw_loss_surface("", SURFACE),
            draw_lesions("", LESIONS, SWAPS),
        ]
        for number, figure in enumerate(figures):
            save(figure, tmp_path / f"{number}.png")
        return [(tmp_path / f"{number}.png").read_bytes() for number in range(4)]

    first = drawn()
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")
    assert drawn() == first
