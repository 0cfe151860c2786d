"""The pictures and the parts of the page about growth over depth, shortcuts, and the differences between inputs."""

import math

import numpy as np
import pandas as pd
import pytest

from resgrad.report.probe.by_depth import laws_table, shortcuts_table
from resgrad.report.probe.features import draw_features, draw_geometry
from resgrad.report.probe.geometry import geometry_table
from resgrad.report.probe.laws import draw_laws
from resgrad.report.probe.shortcuts import GREY, draw_shortcuts
from resgrad.report.style import COLOURS
from tests.unit.room_of import rows_of

DEPTHS = (10, 20, 40, 80)
RATIOS = pd.DataFrame(
    [
        {"network": "fully_connected", "variant": variant, "depth": depth, "seed": 0, "log10_ratio": ratio}
        for variant, ratios in {"plain": (1, 2, 4, np.inf), "residual": np.log10(DEPTHS)}.items()
        for depth, ratio in zip(DEPTHS, ratios, strict=True)
    ]
)
NAMED = {"network": "fully_connected", "recipe": "relu, he, batch"}
LAWS = pd.DataFrame(
    [
        {**NAMED, "variant": "plain", "law": "exponential", "log10_rate": 0.1, "exponential_r2": 1.0}
        | {"exponent": 5.0, "power_r2": 0.9},
        {**NAMED, "variant": "residual", "law": "power", "log10_rate": 0.01, "exponential_r2": 0.8}
        | {"exponent": 1.0, "power_r2": 0.999},
    ]
)


def curves(axes):
    """Return the drawn lines, by their first word in the key."""
    return {line.get_label(): line for line in axes.get_lines() if not line.get_label().startswith("_")}


def test_plain_is_beside_residual_with_both_fits_and_the_name_of_the_law():
    plain, residual = draw_laws("a title", RATIOS, LAWS).axes
    assert plain.get_title(loc="left") == "fully_connected, plain: exponential"
    assert residual.get_title(loc="left") == "fully_connected, residual: a power law"
    assert {axes.get_xscale() for axes in (plain, residual)} == {"log"}
    assert list(curves(residual)) == [
        "depth to the power of 1.00, R² = 0.999",
        "1.0233 to the power of depth, R² = 0.800",
    ]


def test_the_fits_are_those_of_the_table_through_the_mean_of_the_ratios():
    _, residual = draw_laws("a title", RATIOS, LAWS).axes
    power, exponential = curves(residual).values()
    assert power.get_ydata() == pytest.approx(np.log10(power.get_xdata()))
    middle = np.log10(DEPTHS).mean()
    assert exponential.get_ydata() == pytest.approx(middle + 0.01 * (exponential.get_xdata() - np.mean(DEPTHS)))
    assert power.get_linewidth() > exponential.get_linewidth(), "the law that holds stands out"


def test_ratios_that_are_not_finite_are_not_drawn():
    plain, _ = draw_laws("a title", RATIOS, LAWS).axes
    assert plain.get_lines()[0].get_xdata().tolist() == [10, 20, 40]


def test_networks_of_too_few_depths_have_marks_and_no_fits():
    plain, residual = draw_laws("a title", RATIOS, LAWS[LAWS["variant"] == "plain"]).axes
    assert residual.get_title(loc="left") == "fully_connected, residual: too few depths"
    assert len(residual.get_lines()) == 1
    assert len(plain.get_lines()) == 3


def test_the_page_says_which_law_holds_and_how_well():
    laws = pd.concat(
        [
            LAWS,
            LAWS.assign(recipe="tanh, he", law=["level", "neither"]),
            LAWS[LAWS["variant"] == "residual"].assign(recipe="relu, he"),
        ]
    )
    assert rows_of(laws_table(laws))[2:] == [
        ["fully_connected", "relu, he", "-", "power 1.00 (R² 0.999; exponential 0.800)"],
        [
            "fully_connected",
            "relu, he, batch",
            "exponential 1.259 (R² 1.000; power 0.900)",
            "power 1.00 (R² 0.999; exponential 0.800)",
        ],
        ["fully_connected", "tanh, he", "level", "neither (R² exponential 0.800; power 0.999)"],
    ]


SHORTCUTS = pd.DataFrame(
    [
        {"network": network, "shortcut": shortcut, "depth": depth, "seed": seed, "measure": measure}
        | {"log10_ratio": math.nan if (shortcut, measure) == ("rezero", "weights") else depth / 10 + seed}
        for network, shortcut in (
            ("cifar_resnet", "none"),
            ("cifar_resnet", "zero_padding"),
            ("cifar_resnet", "rezero"),
            ("cifar_preactivation", "zero_padding"),
        )
        for depth in (20, 56)
        for seed in (0, 1)
        for measure in ("weights", "blocks")
    ]
)
SHORTCUT_LAWS = pd.DataFrame(
    [
        {
            "network": "cifar_resnet",
            "shortcut": "zero_padding",
            "measure": measure,
            "law": "power",
            "exponent": exponent,
        }
        | {"log10_rate": 0.1, "exponential_r2": 0.5, "power_r2": 0.99}
        for measure, exponent in (("blocks", 9.0), ("weights", 1.2))
    ]
)


def test_each_shortcut_has_its_ratio_at_every_depth_its_law_and_the_error_between_blocks():
    table = rows_of(shortcuts_table(SHORTCUTS, SHORTCUT_LAWS))
    assert table[0] == ["shortcut", "20", "56", "growth", "error, 56"]
    assert table[2:] == [
        ["plain", "+2.50", "+6.10", "-", "+6.10"],
        ["identity", "+2.50", "+6.10", "power 1.20 (R² 0.990; exponential 0.500)", "+6.10"],
        ["rezero", "undefined", "undefined", "-", "+6.10"],
        ["cifar_preactivation, identity", "+2.50", "+6.10", "-", "+6.10"],
    ]


def test_weights_are_beside_the_error_and_plain_networks_are_grey():
    weights, blocks = draw_shortcuts("a title", SHORTCUTS).axes
    names = [text.get_text() for text in blocks.get_legend().get_texts()]
    assert names == ["plain", "identity", "rezero", "cifar_preactivation, identity"]
    lines = {bars.get_label(): bars.lines[0] for bars in weights.containers}
    assert lines["identity"].get_ydata().tolist() == [2.5, 6.1]
    assert np.isnan(lines["rezero"].get_ydata().astype(float)).all()
    assert lines["plain"].get_color() == GREY
    assert len({line.get_color() for line in lines.values()}) == 4


FEATURES = pd.DataFrame(
    [
        {"recipe": recipe, "variant": variant, "seed": seed, "position": position, "cosine": cosine * position / 3}
        | {"effective_rank": 8.0 / position}
        for recipe, cosine in (("relu, he", 1.0), ("tanh, he", math.nan))
        for variant in ("plain", "residual")
        for seed in (0, 1)
        for position in (1, 2, 3)
    ]
)


def test_a_row_per_recipe_a_column_per_layer_and_grey_for_what_is_undefined():
    figure = draw_features("a title", FEATURES, inputs=8)
    cosines, _, ranks, _ = figure.axes[:4]
    assert [label.get_text() for label in cosines.get_yticklabels()] == ["relu, he", "tanh, he"]
    shown = cosines.collections[0].get_array().reshape(2, 3)
    assert shown[0].tolist() == pytest.approx([1 / 3, 2 / 3, 1])
    assert np.ma.getmaskarray(shown)[1].all()
    assert ranks.collections[0].get_array().reshape(2, 3)[1].tolist() == pytest.approx([8, 4, 8 / 3])
    assert (ranks.collections[0].norm.vmin, ranks.collections[0].norm.vmax) == (1, 8)


GEOMETRY = pd.DataFrame(
    [
        {**NAMED, "depth": 10, "normalization": "batch", "variant": "plain", "factor": 1.2, "cosine": 0.25}
        | {"effective_rank": 30.0},
        {**NAMED, "depth": 10, "normalization": "batch", "variant": "residual", "factor": math.nan, "cosine": 0.5}
        | {"effective_rank": 20.0},
        {**NAMED, "depth": 10, "normalization": "layer", "variant": "plain", "factor": 1.0, "cosine": 0.99}
        | {"effective_rank": 1.5, "recipe": "relu, he, layer"},
    ]
)


def test_the_page_sets_growth_beside_what_enters_the_last_layer():
    assert rows_of(geometry_table(GEOMETRY))[2:] == [
        ["fully_connected", "10", "relu, he, batch", "1.200", "0.250", "30.0", "undefined", "0.500", "20.0"],
        ["fully_connected", "10", "relu, he, layer", "1.000", "0.990", "1.5", "-", "-", "-"],
    ]


def test_each_recipe_is_a_mark_of_its_variant_and_normalisation():
    figure = draw_geometry("a title", GEOMETRY, inputs=64)
    marks = {
        (*line.get_xydata()[0].tolist(), line.get_color(), line.get_marker())
        for line in figure.axes[0].get_lines()
        if len(line.get_xdata()) == 1
    }
    assert {(1.2, 30.0, COLOURS["plain"], "s"), (1.0, 1.5, COLOURS["plain"], "D")} <= marks
    named = [text.get_text() for text in figure.legends[0].get_texts()]
    assert named == ["plain", "residual", "normalization batch", "normalization layer"]
