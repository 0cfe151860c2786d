import matplotlib as mpl
import pandas as pd
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure

from resgrad.common.kinds import kinds
from resgrad.comparison import tables
from resgrad.comparison.rows import rows
from resgrad.report.comparison import panels as kinds_of_panel
from resgrad.report.comparison.layout import COLUMNS, arrange
from resgrad.report.comparison.rows import draw_overview, draw_row
from resgrad.report.style import COLOURS, drawable, save
from tests.unit.rooms import make_room

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
MEASURES["flops_per_image_log10"] = 7.0
MEASURES["activation_kib_per_image"] = 500.0

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

ACCURACIES = pd.DataFrame(
    [
        (variant, 56, rate, 2, mean, mean - 0.1, mean + 0.05, 0.9)
        for variant, means in {"plain": (0.2, 0.3, 0.1), "residual": (0.7, 0.95, 0.5)}.items()
        for rate, mean in zip((0.01, 0.1, 1.0), means, strict=True)
    ],
    columns=["variant", "depth", "rate", "n", "accuracy", "accuracy_min", "accuracy_max", "target"],
)

TABLES = {"runs": MEASURES, "accuracy_by_rate": ACCURACIES, "shares": SHARES, "norms": NORMS, "losses": LOSSES}


@pytest.fixture
def draw(tmp_path):
    """Return a function that draws a row by its name, or all of them, from the tables of a room."""

    def picture(name, **changed):
        described = {"rows": tables.rows_table(), "panels": tables.panels_table()}
        room = make_room(tmp_path / "room", {"depth": 56, "target": 0.9}, {**TABLES, **described, **changed})
        if name == "comparison":
            return draw_overview("a title", room)
        (row,) = (row for row in room["rows"].to_dict("records") if row["row"] == name)
        return draw_row("a title", room, row)

    return picture


@pytest.fixture(params=["comparison", *rows()])
def figure(request, draw):
    return draw(request.param)


def drawn(axes):
    return {line.get_label(): (list(line.get_xdata()), list(line.get_ydata())) for line in axes.get_lines()}


def test_everything_is_labelled(figure):
    assert figure.get_suptitle() == "a title"
    for axes in figure.axes:
        assert axes.get_xlabel()
        assert axes.get_ylabel()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["plain network", "residual network"]
    assert figure.legends[0].get_title().get_text()


def crosses(axes):
    """List the lines that mark spikes, which belong to no variant."""
    return [line for line in axes.get_lines() if line.get_marker() == "x"]


def target(axes):
    """List the lines at the target, which belong to no variant."""
    return [line for line in axes.get_lines() if line.get_label() == "target"]


def painted(axes):
    """List the colours of all lines, dots, bands and bars of a panel, labelled or not, except crosses and target.

    Markers have two colours, for their faces and their edges.
    """
    colours = []
    for line in set(axes.get_lines()) - set(crosses(axes)) - set(target(axes)):
        colours += [line.get_color(), line.get_markerfacecolor(), line.get_markeredgecolor()]
    for collection in axes.collections:
        colours += [*collection.get_facecolor(), *collection.get_edgecolor()]
    for patch in axes.patches:
        colours += [patch.get_facecolor(), patch.get_edgecolor()]
    return {to_rgb(colour) for colour in colours if to_rgba(colour)[3] > 0}


def test_nothing_is_painted_in_another_colour_than_those_of_the_variants(figure):
    allowed = {to_rgb(colour) for colour in COLOURS.values()}
    for axes in figure.axes:
        assert painted(axes) <= allowed
        assert {to_rgb(line.get_color()) for line in crosses(axes)} <= {to_rgb("black")}


@pytest.mark.parametrize("variant", COLOURS)
@pytest.mark.parametrize("name", ["comparison", *rows()])
def test_a_variant_has_the_same_colour_everywhere(draw, name, variant):
    """In a picture of a single variant no line, dot or band has another colour, with or without a label."""
    alone = {table: frame[frame["variant"] == variant].reset_index(drop=True) for table, frame in TABLES.items()}
    for axes in draw(name, **alone).axes:
        assert painted(axes) == {to_rgb(COLOURS[variant])}


def test_the_key_has_the_colours_of_the_variants(figure):
    (key,) = figure.legends
    names = [text.get_text().removesuffix(" network") for text in key.get_texts()]
    assert dict(zip(names, (line.get_color() for line in key.get_lines()), strict=True)) == COLOURS


def test_every_kind_of_panel_stands_in_the_picture_of_a_row():
    assert set(kinds(kinds_of_panel)) == set(tables.panels_table()["kind"])


def test_results_by_depth_have_a_dot_per_run_and_a_line_through_the_means(draw):
    accuracy, *_, loss = draw("performance").axes
    lines = drawn(accuracy)
    assert lines["plain, mean"] == ([20, 56], [pytest.approx(0.7), 0.1])
    assert lines["residual, mean"] == ([20, 56], [0.9, 1.0])
    assert lines["plain, run"][1] == [0.8, 0.6]
    assert lines["plain, hollow"][1] == [0.1]
    assert lines["residual, run"][0] == pytest.approx([20, 56], abs=1)
    assert drawn(loss)["plain, mean"][1] == [pytest.approx(0.4), 1.8]


def test_runs_that_never_reached_the_target_are_hollow(draw):
    *costs, axes = draw("training_time").axes
    assert [cost.get_ylabel() for cost in costs] == ["FLOPs per image and step", "activations kept per image (KiB)"]
    hollow = {
        line.get_label(): line.get_fillstyle() for line in axes.get_lines() if line.get_marker() not in ("", "None")
    }
    assert hollow == {"plain, run": "full", "plain, hollow": "none", "residual, run": "full"}
    assert "90%" in axes.get_ylabel()


def test_errors_are_drawn_at_as_many_depths_as_there_are(draw):
    many = pd.concat([MEASURES.assign(depth=MEASURES["depth"] + shift) for shift in (0, 6, 12, 54)])
    training, test = draw("depth", runs=many.reset_index(drop=True)).axes
    for axes in (training, test):
        assert list(axes.get_xticks()) == sorted(many["depth"].unique())
        assert drawn(axes)["residual, mean"][0] == sorted(many["depth"].unique())
    assert drawn(training)["plain, mean"][1][-1] == pytest.approx(0.9)


def test_a_single_depth_is_drawn_too(draw):
    accuracy, *_ = draw("performance", runs=MEASURES[MEASURES["depth"] == 20]).axes
    assert drawn(accuracy)["residual, mean"] == ([20], [0.9])


def test_shares_rise_in_steps_up_to_the_last_step_of_all_with_a_bar_where_runs_never_got_there(draw):
    shallow, deep = draw("efficiency").axes
    assert drawn(shallow)["plain"] == ([0, 30, 40], [0, 0.5, 0.5])
    assert drawn(deep)["residual"] == ([0, 30, 40, 40], [0, 0.5, 1, 1])
    bars = [line.get_ydata().tolist() for line in deep.get_lines() if line.get_marker() == "|"]
    assert bars == [[0.5]]


def test_norms_have_a_line_and_a_band_per_variant_and_phase(draw):
    _, deep = draw("gradients").axes
    assert drawn(deep)["plain, last quarter"] == ([1, 2, 3], [2, 3, 4])
    assert len(deep.get_lines()) == len(deep.collections) == 4
    band = deep.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == (pytest.approx(0.9), pytest.approx(3.2))
    dashes = {line.get_label(): line.get_linestyle() for line in deep.get_lines()}
    assert dashes["plain, first step"] != dashes["plain, last quarter"]


def test_losses_have_a_panel_per_variant_and_depth_a_trend_per_run_and_crosses_at_spikes(draw):
    panels = draw("stability").axes[1:]
    assert [axes.get_title(loc="left") for axes in panels] == [
        f"depth {depth}, {variant}" for depth in (20, 56) for variant in ("plain", "residual")
    ]
    for axes in panels:
        lines = [line.get_ydata().tolist() for line in axes.get_lines()]
        assert lines[0] == pytest.approx([2.0, 1.9, 1.8, 1.7, 1.6])
        assert lines[1] == pytest.approx([2.1, 2.0, 1.9, 1.8, 1.7])
        assert [line for line in lines if len(line) == 1] == [[1.7]]
        assert [cross.get_ydata().tolist() for cross in crosses(axes)] == [[], [1.7]]
        assert {cross.get_color() for cross in crosses(axes)} == {"#000000"}


def test_accuracies_by_rate_have_a_line_and_a_band_per_variant_and_the_target_on_a_logarithmic_axis(draw):
    axes = draw("stability").axes[0]
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "peak learning rate (depth 56, n = 2 seeds)"
    assert "target 90%" in axes.get_ylabel()
    lines = drawn(axes)
    assert lines["residual"] == ([0.01, 0.1, 1.0], [0.7, 0.95, 0.5])
    assert lines["target"][1] == [0.9, 0.9]
    assert len(axes.collections) == 2
    band = axes.collections[0].get_paths()[0].get_extents()
    assert (band.y0, band.y1) == (pytest.approx(0.0), pytest.approx(0.35))


CHECKS = {
    "by_depth": test_results_by_depth_have_a_dot_per_run_and_a_line_through_the_means,
    "by_rate": test_accuracies_by_rate_have_a_line_and_a_band_per_variant_and_the_target_on_a_logarithmic_axis,
    "layers": test_norms_have_a_line_and_a_band_per_variant_and_phase,
    "losses": test_losses_have_a_panel_per_variant_and_depth_a_trend_per_run_and_crosses_at_spikes,
    "share_by_step": test_shares_rise_in_steps_up_to_the_last_step_of_all_with_a_bar_where_runs_never_got_there,
}
"""The check of the numbers drawn, by kind of panel."""


def test_every_kind_of_panel_has_a_check_of_what_it_draws():
    assert kinds(kinds_of_panel) == sorted(CHECKS)


def test_the_overview_has_a_panel_per_row_at_the_greatest_depth_where_it_shows_one(draw):
    panels = draw("comparison").axes
    titles = [axes.get_title(loc="left") for axes in panels]
    assert titles == [
        "Training efficiency at depth 56",
        "Performance",
        "Gradients at depth 56",
        "Training time",
        "Depth handling",
        "Training stability",
    ]


@pytest.mark.parametrize(("count", "rows", "columns"), [(1, 1, 1), (COLUMNS, 1, COLUMNS), (5, 2, 3), (8, 2, 4)])
def test_panels_are_arranged_in_few_rows(count, rows, columns):
    figure, panels = arrange(count)
    grid = panels[0].get_subplotspec().get_gridspec()
    assert (grid.nrows, grid.ncols, len(panels)) == (rows, columns, count)
    assert figure.axes == panels


def test_the_same_figure_gives_the_same_bytes_whatever_the_user_set(draw, tmp_path, monkeypatch):
    save(draw("comparison"), tmp_path / "one.png")
    monkeypatch.setitem(mpl.rcParams, "axes.facecolor", "black")
    monkeypatch.setitem(mpl.rcParams, "savefig.dpi", 30)
    save(draw("comparison"), tmp_path / "two.png")
    one = (tmp_path / "one.png").read_bytes()
    assert one == (tmp_path / "two.png").read_bytes()
    assert b"Software" not in one


@pytest.mark.parametrize(
    ("name", "written"),
    [("café", "café"), ("кот", "кот"), ("猫 1", r"\u732b 1"), ("🐈", r"\U0001f408"), ("5 $ and 6 $", r"5 \$ and 6 \$")],
)
def test_any_name_can_be_drawn(tmp_path, name, written):
    assert drawable(name) == written
    figure = Figure()
    figure.text(0.1, 0.5, drawable(name))
    save(figure, tmp_path / "name.png")  # warnings are errors: no glyph is missing and no formula broken
