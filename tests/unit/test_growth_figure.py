"""The picture of the growth per layer, with the line of the theory."""

import math

import pandas as pd
import pytest

from resgrad.report.probe.growth import draw_growth

NORMS = pd.DataFrame(
    {
        "network": "fully_connected, depth 6",
        "variant": ["plain"] * 6 + ["residual"] * 6,
        "position": [1, 2, 3, 4, 5, 6] * 2,
        "numel": [16] * 12,
        "log10_norm": [9.0, 4.0, 3.0, 2.0, 1.0, -5.0, 9.0, 0.4, 0.3, 0.2, 0.1, -5.0],
        "fitted": [math.nan, 4.0, 3.0, 2.0, 1.0, math.nan, math.nan, 0.4, 0.3, 0.2, 0.1, math.nan],
    }
)
GROWTH = pd.DataFrame(
    {
        "network": "fully_connected, depth 6",
        "variant": ["plain", "residual"],
        "factor": [10.0, 10**0.1],
        "factor_low": [9.0, math.nan],
        "factor_high": [11.0, math.nan],
    }
)


@pytest.fixture
def axes():
    (panel,) = draw_growth("a title", NORMS, GROWTH, theory=100.0).axes
    return panel


def test_theory_grows_towards_the_input_from_the_last_layer_that_was_fitted(axes):
    (theory,) = (line for line in axes.get_lines() if line.get_label().startswith("theory"))
    # By a factor of 100, two decades, a layer: at layer 5 it meets the line that was fitted, at 1.
    assert dict(zip(theory.get_xdata(), theory.get_ydata(), strict=True)) == pytest.approx({2: 7, 3: 5, 4: 3, 5: 1})
    assert "factor 100.000" in theory.get_label()


def test_the_lines_are_those_that_were_fitted_and_the_key_has_the_factors(axes):
    fitted = [line.get_ydata().tolist() for line in axes.get_lines() if line.get_linestyle() == "-"]
    assert [4.0, 3.0, 2.0, 1.0] in [values[1:-1] for values in fitted]
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels[0] == "plain: factor 10.000 (9.000 to 11.000)"
    assert "residual: factor 1.259" in labels
