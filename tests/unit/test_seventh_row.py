"""A seventh row of the comparison is one new file, and every table, page and picture has it."""

import importlib
import sys

import pandas as pd
import pytest

import resgrad.comparison.rows
from resgrad.comparison import tables
from resgrad.comparison.rows import rows
from resgrad.report.comparison import pictures
from resgrad.report.room import Room
from stages.compare import compare_variants
from stages.report import write_report
from tests.unit.finished_study import PARAMETERS


@pytest.fixture
def seventh(tmp_path_factory):
    """Return a function that adds a seventh file to those of the rows, and removes it afterwards."""
    with pytest.MonkeyPatch.context() as patch:

        def add():
            folder = tmp_path_factory.mktemp("rows")
            (folder / "seventh.py").write_text(SEVENTH, encoding="utf-8")
            patch.setattr("resgrad.comparison.rows.__path__", [*resgrad.comparison.rows.__path__, str(folder)])
            importlib.reload(tables)  # its table of runs is made when it is imported

        yield add
    sys.modules.pop("resgrad.comparison.rows.seventh", None)
    importlib.reload(tables)


def test_a_seventh_row_is_one_new_file(study, seventh):
    (study / "params.yaml").write_text(PARAMETERS % "true")

    def report():
        compare_variants("mnist")
        write_report("comparison", "mnist")
        csv = {name: pd.read_csv(study / f"metrics/comparison-mnist/{name}.csv") for name in ("runs", "verdicts")}
        return csv["runs"], csv["verdicts"].set_index("row")

    runs_of_six, six = report()
    seventh()
    runs, verdicts = report()

    assert runs["image_count"].tolist() == [60.0, 60.0] * 2 + [70.0, 70.001] * 2
    pd.testing.assert_frame_equal(runs.drop(columns="image_count"), runs_of_six)
    assert list(verdicts.index) == [*six.index, "seventh"]
    corrected = ["p_holm", "verdict"]
    pd.testing.assert_frame_equal(verdicts[:6].drop(columns=corrected), six.drop(columns=corrected))
    # There is one more test to correct for: six rows need eight seeds, and seven rows nine.
    assert six.loc["performance", "verdict"] == "too few seeds to decide (needs n >= 8)"
    assert verdicts.loc["seventh", ["n", "p"]].tolist() == [2, 0.5]
    assert set(verdicts.loc[["performance", "seventh"], "verdict"]) == {"too few seeds to decide (needs n >= 9)"}

    page = (study / "metrics/comparison-mnist.md").read_text()
    assert "## The 7 rows" in page
    assert "corrected after Holm for 7 rows" in page
    assert "only the 7 primary measures" in page
    (closing,) = (line for line in page.splitlines() if "the count of images: images ↑" in line)
    assert "**too few seeds to decide (needs n >= 9)**" in closing
    assert "**The count of images.** A toy." in page

    assert (study / "plots/mnist/comparison/seventh.png").exists()
    figures = dict(pictures(Room(study / "data/comparison/mnist")))
    overview, own_picture = figures["comparison"], figures["seventh"]
    assert [axes.get_title(loc="left") for axes in overview.axes] == [
        row.heading.format(depth=14) for row in rows().values()
    ]
    assert overview.axes[-1].get_title(loc="left") == "Images at depth 14"
    assert "counted images" in own_picture.get_suptitle()
    for axes in (overview.axes[-1], *own_picture.axes):
        means = {line.get_label(): line.get_ydata().tolist() for line in axes.get_lines()}
        assert means["residual, mean"] == pytest.approx([70.0005] * 2)


SEVENTH = '''
"""A toy. Primary: images."""

from resgrad.comparison.row import Measure, Panel, Row


def measure(evidence):
    runs = evidence.results[["variant", "depth", "seed"]]
    more = (10 + 0.001 * runs["seed"]).where(runs["variant"] == "residual", 0)
    return runs.assign(image_count=60.0 + more)


ROW = Row(
    place=7,
    title="the count of images",
    measures=(Measure("image_count", "images", "higher"),),
    measure=measure,
    definition=__doc__,
    overview=Panel("by_depth", column="image_count", title="Images", label="images", scale="from zero"),
    heading="Images at depth {depth}",
    figure="counted images",
    key="dots: runs",
)
'''
