import matplotlib as mpl
import pandas as pd
import pytest

from resgrad.figures.comparison import draw_comparison
from resgrad.figures.style import COLOURS, save

MEASURES = pd.DataFrame(
    [
        ("plain", 20, False, 0.8, 0.1),
        ("plain", 20, False, 0.6, 0.3),
        ("plain", 56, True, 0.1, 0.9),
        ("residual", 20, False, 0.9, 0.0),
        ("residual", 56, False, 1.0, 0.0),
    ],
    columns=["variant", "depth", "diverged", "test.accuracy", "train_error"],
)


def bands(dash, x, y, names):
    rows = [
        {"variant": variant, "depth": 56, dash: name, x: i, y: i + j, f"{y}_min": i + j - 0.1, f"{y}_max": i + j + 0.2}
        for j, (variant, name) in enumerate((variant, name) for variant in COLOURS for name in names)
        for i in (1, 2, 3)
    ]
    return pd.DataFrame(rows)


CURVES = bands("split", "epoch", "accuracy", ("train", "validation"))
NORMS = bands("phase", "position", "log10_norm", ("first step", "last quarter"))


@pytest.fixture
def figure():
    return draw_comparison("a title", MEASURES, CURVES, NORMS)


def drawn(axes):
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()}


def test_results_by_depth_have_a_dot_per_run_and_a_line_through_the_means(figure):
    accuracy, error, *_ = figure.axes
    assert drawn(accuracy) == {
        "plain, mean": ([20, 56], [pytest.approx(0.7), 0.1]),
        "plain, run": ([20, 20], [0.8, 0.6]),
        "plain, diverged": ([56], [0.1]),
        "residual, mean": ([20, 56], [0.9, 1.0]),
        "residual, run": ([20, 56], [0.9, 1.0]),
    }
    assert drawn(error)["plain, mean"] == ([20, 56], [pytest.approx(0.2), 0.9])


def test_curves_and_norms_have_a_line_and_a_band_per_variant_and_dash(figure):
    *_, learning, gradient = figure.axes
    assert drawn(learning)["residual, train"] == ([1, 2, 3], [3, 4, 5])
    assert drawn(gradient)["plain, last quarter"] == ([1, 2, 3], [2, 3, 4])
    for axes in (learning, gradient):
        assert len(axes.get_lines()) == len(axes.collections) == 4
        band = axes.collections[0].get_paths()[0].get_extents()
        assert (band.y0, band.y1) == (pytest.approx(0.9), pytest.approx(3.2))
    dashes = {line.get_label(): line.get_linestyle() for line in learning.get_lines()}
    assert dashes["plain, train"] != dashes["plain, validation"]


def test_a_variant_has_the_same_colour_everywhere(figure):
    for axes in figure.axes:
        for line in axes.get_lines():
            assert line.get_color() == COLOURS[line.get_label().split(",")[0]]


def test_everything_is_labelled(figure):
    assert figure.get_suptitle() == "a title"
    for axes in figure.axes:
        assert all((axes.get_title(loc="left"), axes.get_xlabel(), axes.get_ylabel()))
    assert "depth 56" in figure.axes[2].get_title(loc="left")
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["plain network", "residual network"]


def test_hollow_dots_are_explained_where_there_are_any(figure):
    assert "hollow" in figure.legends[0].get_title().get_text()
    without = draw_comparison("", MEASURES.assign(diverged=False), CURVES, NORMS)
    assert "hollow" not in without.legends[0].get_title().get_text()


def test_the_same_figure_gives_the_same_bytes_whatever_the_user_set(tmp_path, monkeypatch):
    save(draw_comparison("a title", MEASURES, CURVES, NORMS), tmp_path / "one.png")
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")
    monkeypatch.setitem(mpl.rcParams, "savefig.dpi", 30)
    save(draw_comparison("a title", MEASURES, CURVES, NORMS), tmp_path / "two.png")
    one = (tmp_path / "one.png").read_bytes()
    assert one == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in one
