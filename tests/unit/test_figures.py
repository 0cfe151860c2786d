import matplotlib as mpl
import pandas as pd
import pytest

from resgrad.report.comparison.overview import draw_comparison
from resgrad.report.comparison.panels import COLUMNS, arrange, draw_by_depth
from resgrad.report.comparison.rows.depth import draw_depth
from resgrad.report.comparison.rows.efficiency import draw_efficiency
from resgrad.report.comparison.rows.gradients import draw_gradients
from resgrad.report.comparison.rows.performance import draw_performance
from resgrad.report.comparison.rows.stability import draw_stability
from resgrad.report.comparison.rows.training_time import draw_training_time
from resgrad.report.style import COLOURS, save

MEASURES = pd.DataFrame(
    [
        ("plain", 20, 0, 0.8, 0.1, 1),
        ("plain", 20, 0, 0.6, 0.3, 1),
        ("plain", 56, 1, 0.1, 0.9, 0),
        ("residual", 20, 0, 0.9, 0.0, 1),
        ("residual", 56, 0, 1.0, 0.0, 1),
    ],
    columns=["variant", "depth", "diverged", "test_accuracy", "training_error", "reached_target"],
)
MEASURES["test_error"] = 1 - MEASURES["test_accuracy"]
MEASURES["test_macro_f1"] = MEASURES["test_roc_auc"] = MEASURES["test_accuracy"]
MEASURES["test_loss"] = 2 * MEASURES["training_error"]
MEASURES["flops_to_target_log10"] = 11 + MEASURES["training_error"]

SHARES = pd.DataFrame(
    [(variant, depth, step, share) for variant in COLOURS for depth in (20, 56) for step, share in ((0, 0), (30, 0.5))],
    columns=["variant", "depth", "step", "share"],
)
SHARES.loc[len(SHARES)] = ["residual", 56, 40, 1.0]

NORMS = pd.DataFrame(
    [
        (variant, depth, phase, i, i + j, i + j - 0.1, i + j + 0.2)
        for depth in (20, 56)
        for j, (variant, phase) in enumerate((v, p) for v in COLOURS for p in ("first step", "last quarter"))
        for i in (1, 2, 3)
    ],
    columns=["variant", "depth", "phase", "position", "log10_norm", "log10_norm_min", "log10_norm_max"],
)

LOSSES = pd.DataFrame(
    [
        (variant, depth, seed, step, 2.0 - step / 10, 2.1 - step / 10, step == 3 and seed == 1)
        for variant in COLOURS
        for depth in (20, 56)
        for seed in (0, 1)
        for step in range(5)
    ],
    columns=["variant", "depth", "seed", "step", "loss", "trend", "spike"],
)

PICTURES = {
    "comparison": lambda: draw_comparison("a title", MEASURES, SHARES, NORMS, LOSSES, target=0.9),
    "efficiency": lambda: draw_efficiency("a title", SHARES, 0.9),
    "performance": lambda: draw_performance("a title", MEASURES),
    "gradients": lambda: draw_gradients("a title", NORMS),
    "training_time": lambda: draw_training_time("a title", MEASURES, 0.9),
    "depth": lambda: draw_depth("a title", MEASURES),
    "stability": lambda: draw_stability("a title", LOSSES),
}


@pytest.fixture(params=PICTURES)
def figure(request):
    return PICTURES[request.param]()


def drawn(axes):
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()}


def colours(axes):
    return {line.get_label().split(",")[0]: line.get_color() for line in axes.get_lines()}


def test_everything_is_labelled(figure):
    assert figure.get_suptitle() == "a title"
    for axes in figure.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["plain network", "residual network"]
    assert figure.legends[0].get_title().get_text()


def test_a_variant_has_the_same_colour_everywhere(figure):
    for axes in figure.axes:
        for name, colour in colours(axes).items():
            assert colour == COLOURS.get(name, colour)


def test_results_by_depth_have_a_dot_per_run_and_a_line_through_the_means():
    accuracy, *_, loss = PICTURES["performance"]().axes
    lines = drawn(accuracy)
    assert lines["plain, mean"] == ([20, 56], [pytest.approx(0.7), 0.1])
    assert lines["residual, mean"] == ([20, 56], [0.9, 1.0])
    assert lines["plain, run"][1] == [0.8, 0.6]
    assert lines["plain, hollow"][1] == [0.1]
    assert lines["residual, run"][0] == pytest.approx([20, 56], abs=1)
    assert drawn(loss)["plain, mean"][1] == [pytest.approx(0.4), 1.8]


def test_runs_that_never_reached_the_target_are_hollow():
    (axes,) = PICTURES["training_time"]().axes
    hollow = {
        line.get_label(): line.get_fillstyle() for line in axes.get_lines() if line.get_marker() not in ("", "None")
    }
    assert hollow == {"plain, run": "full", "plain, hollow": "none", "residual, run": "full"}
    assert "90%" in axes.get_ylabel()


def test_errors_are_drawn_at_as_many_depths_as_there_are():
    many = pd.concat([MEASURES.assign(depth=MEASURES["depth"] + shift) for shift in (0, 6, 12, 54)])
    training, test = draw_depth("", many.reset_index(drop=True)).axes
    for axes in (training, test):
        assert list(axes.get_xticks()) == sorted(many["depth"].unique())
        assert drawn(axes)["residual, mean"][0] == sorted(many["depth"].unique())
    assert drawn(training)["plain, mean"][1][-1] == pytest.approx(0.9)


def test_a_single_depth_is_drawn_too():
    figure, (axes,) = arrange(1)
    draw_by_depth(axes, MEASURES[MEASURES["depth"] == 20], "test_accuracy", hollow=MEASURES["diverged"] > 0)
    assert drawn(axes)["residual, mean"] == ([20], [0.9])
    assert figure.axes == [axes]


def test_shares_rise_in_steps_up_to_the_last_step_of_all_with_a_bar_where_runs_never_got_there():
    shallow, deep = PICTURES["efficiency"]().axes
    assert drawn(shallow)["plain"] == ([0, 30, 40], [0, 0.5, 0.5])
    assert drawn(deep)["residual"] == ([0, 30, 40, 40], [0, 0.5, 1, 1])
    bars = [line.get_ydata().tolist() for line in deep.get_lines() if line.get_marker() == "|"]
    assert bars == [[0.5]]


def test_norms_have_a_line_and_a_band_per_variant_and_phase():
    _, deep = PICTURES["gradients"]().axes
    assert drawn(deep)["plain, last quarter"] == ([1, 2, 3], [2, 3, 4])
    assert len(deep.get_lines()) == len(deep.collections) == 4
    band = deep.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == (pytest.approx(0.9), pytest.approx(3.2))
    dashes = {line.get_label(): line.get_linestyle() for line in deep.get_lines()}
    assert dashes["plain, first step"] != dashes["plain, last quarter"]


def test_losses_have_a_panel_per_variant_and_depth_a_trend_per_run_and_crosses_at_spikes():
    panels = PICTURES["stability"]().axes
    assert [axes.get_title(loc="left") for axes in panels] == [
        f"depth {depth}, {variant}" for depth in (20, 56) for variant in ("plain", "residual")
    ]
    for axes in panels:
        lines = [line.get_ydata().tolist() for line in axes.get_lines()]
        assert lines[0] == pytest.approx([2.0, 1.9, 1.8, 1.7, 1.6])
        assert lines[1] == pytest.approx([2.1, 2.0, 1.9, 1.8, 1.7])
        assert [line for line in lines if len(line) == 1] == [[1.7]]


def test_the_overview_has_a_panel_per_row_at_the_greatest_depth_where_it_shows_one():
    panels = PICTURES["comparison"]().axes
    titles = [axes.get_title(loc="left") for axes in panels]
    assert titles == [
        "Training efficiency at depth 56",
        "Performance",
        "Gradients at depth 56",
        "Training time",
        "Depth handling",
        "Training stability at depth 56",
    ]


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (COLUMNS, 1, COLUMNS), (5, 2, 3), (8, 2, 4)])
def test_panels_are_arranged_in_few_rows(count, rows, columns):
    figure, panels = arrange(count)
    grid = panels[0].get_subplotspec().get_gridspec()
    assert (grid.nrows, grid.ncols, len(panels)) == (rows, columns, count)
    assert figure.axes == panels


def test_the_same_figure_gives_the_same_bytes_whatever_the_user_set(tmp_path, monkeypatch):
    save(PICTURES["comparison"](), tmp_path / "one.png")
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")
    monkeypatch.setitem(mpl.rcParams, "savefig.dpi", 30)
    save(PICTURES["comparison"](), tmp_path / "two.png")
    one = (tmp_path / "one.png").read_bytes()
    assert one == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in one
