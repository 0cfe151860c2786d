"""The pictures of gradients: the first layer's step by step, and the distribution of elements over magnitudes."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_rgba

from resgrad.comparison.tables import snapshots_table
from resgrad.gradients.statistics.log2_hist import BINS, LOWEST_EXPONENT
from resgrad.report.comparison.first_convolution import (
    ELEMENT,
    GAP,
    NOT_FINITE,
    ZERO,
    draw_first_layer,
    gradients_by_step,
)
from resgrad.report.comparison.gradient_distribution import SCALE, draw_distributions
from resgrad.report.style import COLOURS, save


def convolution(filters=2, channels=1, value=None):
    shape = (filters, channels, 3, 3)
    return np.random.default_rng(0).normal(size=shape) if value is None else np.full(shape, value)


def pictures(figure):
    """Return the contents of each panel, by its title."""
    return {axes.get_title(loc="left"): axes.images[0].get_array() for axes in figure.axes if axes.images}


def element(row, column):
    """Return a pixel of an element of a picture's first tile."""
    return GAP + ELEMENT * row + 1, 2 * GAP + ELEMENT * column + 1


def headings(axes):
    return [label.get_text().split("\n") for label in axes.get_xticklabels()]


def key(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def test_a_panel_per_variant_and_a_column_per_step_with_its_norm():
    plain = {0: convolution(value=100.0), 40: convolution(value=1e-3)}
    figure = draw_first_layer("a title", {"plain": plain, "residual": {0: convolution(), 40: convolution()}})
    assert figure.get_suptitle() == "a title"
    first, second, bar = figure.axes
    assert [axes.get_title(loc="left") for axes in (first, second)] == ["plain network", "residual network"]
    # Of 18 elements of 100: 100 * sqrt(18) = 424.26
    assert headings(first) == [["0", r"$4.2\cdot10^{2}$"], ["40", r"$4.2\cdot10^{-3}$"]]
    assert [label.get_text() for label in first.get_yticklabels()] == ["1", "2"]
    assert "nats" in bar.get_ylabel()
    assert "rows: filters · tiles: their 3 x 3 weights" in figure.legends[0].get_title().get_text()


def test_a_value_has_the_same_colour_in_both_twins_however_large_the_others_are():
    small = convolution(value=0.01)
    large = convolution(value=500.0)
    large[0, 0, 0, 0] = 0.01
    plain, residual = pictures(draw_first_layer("", {"plain": {0: large}, "residual": {0: small}})).values()
    assert plain[element(0, 0)].tolist() == residual[element(0, 0)].tolist()
    assert plain[element(0, 0)].tolist() != plain[element(0, 1)].tolist()


def test_the_scale_is_centred_on_zero_and_reaches_the_largest_finite_magnitude():
    gradient = convolution(value=-30.0)
    gradient[0, 0, 0] = 1.0, np.inf, np.nan
    bar = draw_first_layer("", {"plain": {0: gradient}}).axes[-1]
    assert bar.get_ylim() == pytest.approx((-100, 100))


def test_exact_zeros_and_what_is_not_finite_have_colours_of_their_own():
    gradient = convolution()
    gradient[0, 0, 0] = 1e-30, 0.0, np.nan
    figure = draw_first_layer("", {"plain": {0: gradient}})
    picture = pictures(figure)["plain network"]
    tiny, zero, nan = (tuple(picture[element(0, column)]) for column in range(3))
    assert zero == to_rgba(ZERO)
    assert nan == to_rgba(NOT_FINITE)
    assert tiny not in {zero, nan}
    assert headings(figure.axes[0]) == [["0", "not finite"]]
    assert key(figure) == ["exactly 0", "not finite"]
    assert key(draw_first_layer("", {"plain": {0: convolution()}})) == ["exactly 0"]


def test_steps_that_a_run_did_not_reach_stay_empty_below_those_of_its_twin():
    gradients = {0: convolution(), 10: convolution()}
    figure = draw_first_layer("", {"plain": {0: gradients[0]}, "residual": gradients})
    assert headings(figure.axes[0])[1] == ["10", "stopped"]
    plain, residual = pictures(figure).values()
    assert plain.shape == residual.shape
    half = plain.shape[1] // 2
    assert (plain[:, half:] == 1).all()
    assert (plain[:, :half] == residual[:, :half]).all()


def test_a_colour_picture_has_a_tile_per_channel():
    grey, colour = (draw_first_layer("", {"plain": {0: convolution(channels=channels)}}) for channels in (1, 3))
    assert "red, green and blue" in colour.legends[0].get_title().get_text()
    tile = 3 * ELEMENT + GAP
    assert pictures(colour)["plain network"].shape[1] - pictures(grey)["plain network"].shape[1] == 2 * tile


def test_a_wide_layer_is_cut_and_says_so():
    figure = draw_first_layer("", {"plain": {0: convolution(filters=64)}})
    assert len(figure.axes[0].get_yticks()) == 8
    assert "the first 8 of 64 filters" in figure.legends[0].get_title().get_text()


def test_a_linear_layer_is_one_tile_of_evenly_spread_rows_and_columns():
    gradient = np.zeros((64, 256))
    gradient[63, 255] = np.nan
    figure = draw_first_layer("", {"plain": {0: gradient}})
    picture = pictures(figure)["plain network"]
    assert tuple(picture[element(15, 15)]) == to_rgba(NOT_FINITE)
    explained = figure.legends[0].get_title().get_text()
    assert explained == "rows: 16 of 64 units · columns: their weights for 16 of 256 inputs"


def test_without_snapshots_the_picture_says_why():
    figure = draw_first_layer("a title", {"plain": {}, "residual": {}})
    assert "gradients.snapshots is 0" in figure.texts[-1].get_text()


SHARES = {
    ("plain", 56, 1, "conv", 0): {3: 0.5, 4: 0.5},
    ("plain", 56, 1, "conv", 10): {-7: 0.25, -6: 0.5, "zero": 0.25},
    ("plain", 56, 56, "head", 0): {0: 1.0},
    ("plain", 56, 56, "head", 10): {"nonfinite": 1.0},
    **{
        ("residual", 56, position, layer, step): {0: 0.9995, -90: 0.0005}
        for position, layer in ((1, "conv"), (56, "head"))
        for step in (0, 10, 20)
    },
}


@pytest.fixture
def shares():
    rows = []
    for keys, of_layer in SHARES.items():
        bins = np.zeros(BINS)
        for exponent, share in of_layer.items():
            if isinstance(exponent, int):
                bins[exponent - LOWEST_EXPONENT] = share
        rows.append((*keys, of_layer.get("nonfinite", 0.0), of_layer.get("zero", 0.0), bins))
    return pd.DataFrame(
        rows, columns=[*("variant", "depth", "position", "layer", "step"), "nonfinite", "zero", "shares"]
    )


@pytest.fixture
def panels(shares):
    """Panels and strips of a figure by title."""
    axes = draw_distributions("a title", shares, LOWEST_EXPONENT).axes
    mains = [(main, strip) for main, strip in zip(axes, axes[2:], strict=False) if main.get_title(loc="left")]
    return {main.get_title(loc="left"): (main, strip) for main, strip in mains}


def mesh(axes):
    return axes.collections[0]


def test_a_panel_per_layer_and_variant(panels):
    assert list(panels) == [
        *("plain, layer 1 (conv)", "residual, layer 1 (conv)"),
        *("plain, layer 56 (head)", "residual, layer 56 (head)"),
    ]
    for title, (main, _) in panels.items():
        assert main.title.get_text() == ""
        assert main.get_yscale() == "log"
        assert main._left_title.get_color() == COLOURS[title.split(",")[0]]


def test_shares_lie_at_their_step_and_magnitude(panels):
    main, strip = panels["plain, layer 1 (conv)"]
    drawn = mesh(main).get_array()
    borders = mesh(main).get_coordinates()
    lowest = np.argmin(np.abs(borders[:, 0, 1] - 2.0**-7))
    assert borders[lowest, 0, 1] == 2.0**-7
    assert drawn[lowest].tolist() == [None, 0.25]
    assert drawn[lowest + 1].tolist() == [None, 0.5]
    assert borders[0, :, 0].tolist() == [-5, 5, 15]
    nonfinite, zero = mesh(strip).get_array().tolist()
    assert (nonfinite, zero) == ([None, None], [None, 0.25])
    assert [label.get_text() for label in strip.get_yticklabels()] == ["not finite", "exactly 0"]


def test_all_panels_share_axes_and_colours_which_reach_from_nothing_to_all(panels):
    assert (SCALE.vmin, SCALE.vmax) == (0, 1)
    mains = [main for main, _ in panels.values()]
    assert {mesh(axes).norm for pair in panels.values() for axes in pair} == {SCALE}
    assert len({axes.get_ylim() for axes in mains}) == len({axes.get_xlim() for axes in mains}) == 1
    # From 2^-7 to 2^5: the residual's 0.05 % at 2^-90 are too few to be drawn.
    assert mains[0].get_ylim() == (2.0**-7, 2.0**5)


def test_steps_after_a_variant_stopped_are_hatched(panels):
    (hatched,) = panels["plain, layer 1 (conv)"][0].patches
    assert (hatched.get_x(), hatched.get_x() + hatched.get_width()) == (15, 25)
    assert not panels["residual, layer 1 (conv)"][0].patches


def test_one_variant_and_one_step_make_a_picture_too(shares, tmp_path):
    one = shares[(shares["variant"] == "residual") & (shares["step"] == 0)]
    save(draw_distributions("a title", one, LOWEST_EXPONENT), tmp_path / "one.png")
    save(draw_first_layer("a title", {"residual": {0: convolution()}}), tmp_path / "two.png")
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("one.png", "two.png"))


def test_a_training_that_was_never_finite_makes_a_picture_too(shares):
    nothing = shares.assign(nonfinite=1.0, zero=0.0, shares=[np.zeros(BINS)] * len(shares))
    draw_distributions("a title", nothing, LOWEST_EXPONENT)
    draw_first_layer("a title", {"plain": {0: convolution(value=np.nan)}})


def test_snapshots_come_back_from_their_table_by_variant_and_step():
    gradients = {"plain": {0: convolution(), 40: convolution(value=2.0)}, "residual": {0: convolution(channels=3)}}
    back = gradients_by_step(snapshots_table(gradients, depth=8, seed=1))
    assert {variant: list(by_step) for variant, by_step in back.items()} == {"plain": [0, 40], "residual": [0]}
    for variant, by_step in gradients.items():
        for step, gradient in by_step.items():
            np.testing.assert_array_equal(back[variant][step], gradient)
