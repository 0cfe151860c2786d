import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from resgrad.probe.recipes import recipe_label
from resgrad.report.probe.depths import VERDICT_COLOURS, draw_depths, draw_layers
from resgrad.report.probe.textbook import draw_textbook
from resgrad.report.probe.thresholds import Thresholds
from resgrad.report.style import save

THRESHOLDS = Thresholds(vanishing=-4.0, exploding=2.0)
RECIPES = [("none", "relu", "he", 1.0), ("batch", "relu", "he", 1.0), ("none", "tanh", "normal", 0.5)]
KEYS = ["normalization", "activation", "initialization", "gain"]
VERDICTS = {"plain": ["healthy", "exploding", "vanishing"], "residual": ["healthy", "healthy", "healthy"]}


def named(recipe):
    """Return the columns that identify a recipe."""
    return dict(zip(KEYS, recipe, strict=True)) | {"recipe": recipe_label(*recipe)}


NETWORKS = pd.DataFrame(
    [
        named(recipe) | {"variant": variant, "depth": depth, "verdict": verdict, "n": 3}
        for variant, verdicts in VERDICTS.items()
        for recipe, verdict in zip(RECIPES, verdicts, strict=True)
        for depth in (10, 4)
    ]
).assign(agreeing=[2] + [3] * 11)
SIGNALS = pd.DataFrame(
    [
        named(recipe)
        | {"variant": variant, "seed": seed, "position": i + 1}
        # In plain networks the second recipe grows by 2 per layer from -3, and the third is 0 or not finite.
        | {"log10_signal": 0.0 if variant == "residual" else (0.5, 2.0 * i - 3, (-np.inf, np.inf)[i % 2])[number]}
        for variant in VERDICTS
        for number, recipe in enumerate(RECIPES)
        for seed in range(3)
        for i in range(4)
    ]
)
AT_10 = NETWORKS[NETWORKS["depth"] == 10]


def colours(axes):
    """Return the contents of a panel, mesh by mesh: an array of rows and columns of colours, top row first."""
    return [mesh.to_rgba(mesh.get_array()).reshape(3, 4, 4) for mesh in axes.collections]


def marks(axes):
    """Return the verdicts in a panel as (x, y, colour)."""
    return {
        (x, y, line.get_color())
        for line in axes.get_lines()
        for x, y in line.get_xydata().tolist()
        if line.get_marker() != "None"
    }


@pytest.fixture
def layers():
    return draw_layers("a title", SIGNALS, AT_10, THRESHOLDS)


def test_rows_are_recipes_and_those_of_a_normalisation_are_together(layers):
    labels = [label.get_text() for label in layers.axes[0].get_yticklabels()]
    assert labels == ["relu, he", "tanh, normal x 0.5", "relu, he, batch"]
    assert layers.axes[0].get_ylim() == (2.5, -0.5)
    assert recipe_label("group", "relu", "he", 2.0) == "relu, he x 2, group"


def test_a_signal_has_the_same_colour_in_both_twins_and_half_strength_at_the_thresholds(layers):
    plain, residual, bar = layers.axes
    norms = [axes.collections[0].norm for axes in (plain, residual)]
    assert [(norm.vmin, norm.vcenter, norm.vmax) for norm in norms] == [(-8, 0, 4)] * 2
    assert norms[0](np.array([-4.0, 2.0])).tolist() == [0.25, 0.75]
    shown = colours(plain)[0]
    assert len(np.unique(shown[2], axis=0)) == 4  # it grows from layer to layer
    assert len(np.unique(colours(residual)[0].reshape(-1, 4), axis=0)) == 1
    assert "error at the output" in bar.get_xlabel()


def test_what_is_not_finite_is_black_and_0_has_the_strongest_blue(layers):
    signal, black = colours(layers.axes[0])
    assert black[1, 1].tolist() == black[1, 3].tolist() == list(to_rgba("black"))
    assert black[..., 3].sum() == 2  # everything else is transparent
    red, _, blue, _ = signal[1, 0]
    assert blue > 2 * red


def test_each_row_ends_with_its_verdict(layers):
    plain, residual, _ = layers.axes
    assert {(y, colour) for _, y, colour in marks(plain)} == {
        (0, VERDICT_COLOURS["healthy"]),
        (1, VERDICT_COLOURS["vanishing"]),
        (2, VERDICT_COLOURS["exploding"]),
    }
    assert all(4.5 < x < residual.get_xlim()[1] for x, _, _ in marks(residual))
    assert [text.get_text() for text in layers.legends[0].get_texts()] == list(VERDICT_COLOURS)


def test_a_network_that_does_not_exist_has_grey_and_no_verdict():
    without = AT_10[(AT_10["variant"] == "residual") | (AT_10["normalization"] == "none")]
    kept = SIGNALS[(SIGNALS["variant"] == "residual") | (SIGNALS["normalization"] == "none")]
    plain, residual, _ = draw_layers("", kept, without, THRESHOLDS).axes
    grey = colours(plain)[0][2]
    assert len(np.unique(grey, axis=0)) == 1
    assert grey[0, 0] == grey[0, 1] == grey[0, 2]
    assert len(marks(plain)) == len(marks(residual)) - 1


def test_depths_have_a_verdict_each_from_the_shallowest_and_fractions_where_seeds_differ():
    figure = draw_depths("a title", NETWORKS)
    plain, residual = figure.axes
    assert [label.get_text() for label in plain.get_xticklabels()] == ["4", "10"]
    assert {(x, y) for x, y, _ in marks(plain)} == {(x, y) for x in (0, 1) for y in (0, 1, 2)}
    assert {colour for _, _, colour in marks(residual)} == {VERDICT_COLOURS["healthy"]}
    assert [text.get_text() for text in plain.texts] == ["2/3"]
    assert plain.texts[0].xy[1] == 0
    assert [text.get_text() for text in residual.texts] == []


def test_textbook_cases_are_apart_by_normalisation_with_what_is_healthy_shaded():
    figure = draw_textbook("a title", SIGNALS.assign(case="any"), THRESHOLDS)
    titles = [axes.get_title(loc="left") for axes in figure.axes]
    assert titles == [
        f"{variant} network, {how} normalisation" for how in ("without", "with") for variant in ("plain", "residual")
    ]
    without, _, batch, _ = figure.axes
    lines = {line.get_label(): line.get_ydata().tolist() for line in without.get_lines()}
    assert lines == {"relu, he": [0.5] * 4, "tanh, normal x 0.5": [-1e3, 1e3, -1e3, 1e3]}
    assert without.get_ylim() == (-33, 17)  # eight times the thresholds, and a decade of margin
    assert [line.get_ydata().tolist() for line in batch.get_lines()] == [[-3, -1, 1, 3]]
    shaded = without.patches[0].get_extents().transformed(without.transData.inverted())
    assert (shaded.y0, shaded.y1) == (pytest.approx(-4), pytest.approx(2))
    assert all(axes.get_xlabel() for axes in figure.axes[2:])


def test_the_same_figures_have_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        save(draw_layers("", SIGNALS, AT_10, THRESHOLDS), tmp_path / name / "layers.png")
        save(draw_depths("", NETWORKS), tmp_path / name / "depths.png")
        save(draw_textbook("", SIGNALS, THRESHOLDS), tmp_path / name / "textbook.png")
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
