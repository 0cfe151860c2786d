"""The picture of the growth per layer, with the theoretical line."""

import math

import pandas as pd
import pytest

from resgrad.report.probe.growth import draw_growth

NORMS = pd.DataFrame(
    {
        "network": "fully_connected",
        "depth": 6,
        "variant": ["plain"] * 6 + ["residual"] * 6,
        "position": [1, 2, 3, 4, 5, 6] * 2,
        "numel": [16] * 12,
        "log10_norm": [9.0, 4.0, 3.0, 2.0, 1.0, -5.0, 9.0, 0.4, 0.3, 0.2, 0.1, -5.0],
        "fitted": [math.nan, 4.0, 3.0, 2.0, 1.0, math.nan, math.nan, 0.4, 0.3, 0.2, 0.1, math.nan],
    }
)
GROWTH = pd.DataFrame(
    {
        "network": "fully_connected",
        "variant": ["plain", "residual"],
        "factor": [10.0, 10**0.1],
        "factor_low": [9.0, math.nan],
        "factor_high": [11.0, math.nan],
        "exponent": math.nan,
    }
)


TWO_SHAPES = NORMS.assign(numel=[16, 16, 16, 64, 64, 64] * 2)


@pytest.fixture
def axes():
    (panel,) = draw_growth("a title", NORMS, GROWTH, theory=100.0).axes
    return panel


def test_theory_grows_towards_the_input_from_the_last_layer_that_was_fitted(axes):
    (theory,) = (line for line in axes.get_lines() if line.get_label().startswith("theory"))
    # A factor of 100, two decades, per layer: at layer 5 it meets the fitted line, at 1.
    assert dict(zip(theory.get_xdata(), theory.get_ydata(), strict=True)) == pytest.approx({2: 7, 3: 5, 4: 3, 5: 1})
    assert "factor 100.000" in theory.get_label()


def test_layers_of_each_shape_have_a_line_of_their_own():
    (panel,) = draw_growth("a title", TWO_SHAPES, GROWTH, theory=100.0).axes
    lines = [line.get_xdata().tolist() for line in panel.get_lines() if line.get_linestyle() == "-"]
    assert lines.count([1, 2, 3]) == lines.count([4, 5, 6]) == 2, "in the plain and in the residual network"
    assert [1, 2, 3, 4, 5, 6] not in lines


def test_without_plain_networks_there_is_no_line_of_the_theory():
    residual = NORMS[NORMS["variant"] == "residual"], GROWTH[GROWTH["variant"] == "residual"]
    (panel,) = draw_growth("a title", *residual, theory=100.0).axes
    assert len(panel.get_lines()) == 3
    assert not any(line.get_label().startswith("theory") for line in panel.get_lines())


def test_each_kind_of_network_has_a_panel_with_its_own_factors():
    growth = pd.concat([GROWTH, GROWTH.assign(network="cifar_resnet", factor=[2.0, 3.0])])
    deeper = NORMS.assign(network="cifar_resnet", depth=20)
    figure = draw_growth("a title", pd.concat([NORMS, deeper]), growth, theory=100.0)
    titles = [panel.get_title(loc="left") for panel in figure.axes]
    assert titles == ["fully_connected, depth 6", "cifar_resnet, depth 20"]
    labels = [text.get_text() for text in figure.axes[1].get_legend().get_texts()]
    assert "residual: factor 3.000" in labels
    assert not any("theory" in label for label in labels), "it is about fully connected networks"


def test_where_growth_is_a_power_of_depth_there_is_neither_a_line_nor_a_factor():
    growth = GROWTH.assign(exponent=[math.nan, 1.25])
    (panel,) = draw_growth("a title", NORMS, growth, theory=100.0).axes
    fitted = [line.get_ydata().tolist()[1:-1] for line in panel.get_lines() if line.get_linestyle() == "-"]
    assert [4.0, 3.0, 2.0, 1.0] in fitted
    assert [0.4, 0.3, 0.2, 0.1] not in fitted
    labels = [text.get_text() for text in panel.get_legend().get_texts()]
    assert "residual: no one factor, but depth to the power of 1.25" in labels


def test_the_lines_are_those_that_were_fitted_and_the_key_has_the_factors(axes):
    fitted = [line.get_ydata().tolist() for line in axes.get_lines() if line.get_linestyle() == "-"]
    assert [4.0, 3.0, 2.0, 1.0] in [values[1:-1] for values in fitted]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == "plain: factor 10.000 (9.000 to 11.000)"
    assert "residual: factor 1.259" in labels
