"""Every template of ``dvc plots``, drawn with the Vega-Lite of DVC's page and with that of this project's page."""

import json
import re
import subprocess
from itertools import pairwise

import pytest
from dvc_render.vega import VegaRenderer

from resgrad.common.frames import to_rows
from tests.paths import ROOT
from tests.unit.filled_templates import AXES, fill, make_frames

pytestmark = pytest.mark.browser
BROWSER = ROOT / "tests/browser"
CURVES = ("learning_curves", "learning_curves_log", "gradient_norms")


@pytest.fixture(scope="session")
def rows(tmp_path_factory):
    """The data of ``dvc plots diff`` after model.residual was switched."""
    revisions = {"HEAD": "plain", "workspace": "residual"}
    return {
        name: [
            row
            for rev, variant in revisions.items()
            for row in to_rows(frame.assign(variant=variant, panel="depth " + frame["depth"].astype(str), rev=rev))
        ]
        for name, frame in make_frames(tmp_path_factory.mktemp("runs")).items()
    }


@pytest.fixture(scope="session")
def specifications(rows):
    return {name: fill(name, [dict(row) for row in rows[name]]) for name in AXES}


@pytest.fixture(scope="session")
def drawn_as_by_dvc(node, specifications):
    text = json.dumps(specifications)
    command = [node, BROWSER / "draw.cjs"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="session")
def drawn_as_by_our_page(vl_convert, specifications):
    return {name: vl_convert.vegalite_to_scenegraph(spec)["scenegraph"] for name, spec in specifications.items()}


@pytest.fixture(params=["dvc", "our page"])
def scenes(request):
    """The drawing of each template."""
    if request.param == "our page":
        return request.getfixturevalue("drawn_as_by_our_page")
    return {name: drawn["scene"] for name, drawn in request.getfixturevalue("drawn_as_by_dvc").items()}


def marks(scene, kind):
    """Return the items of every mark of a kind that shows data, a list per mark, without legends and axes."""
    found = [scene["items"]] if scene.get("marktype") == kind and scene.get("role") == "mark" else []
    return found + [items for child in scene.get("items", []) for items in marks(child, kind)]


def panels(scene):
    """Return the panels."""
    if scene.get("name") == "cell":
        return scene["items"]
    return [panel for child in scene.get("items", []) for panel in panels(child)]


def position(item):
    return item.get("x", 0)


def test_the_packages_are_those_that_the_page_of_dvc_loads():
    wanted = dict(re.findall(r"/npm/(vega|vega-lite)@([0-9.]+)", VegaRenderer.SCRIPTS))
    assert json.loads((BROWSER / "package.json").read_text())["dependencies"] == wanted


@pytest.mark.parametrize("name", AXES)
def test_vega_has_nothing_to_complain_about(name, drawn_as_by_dvc):
    assert drawn_as_by_dvc[name]["complaints"] == []


@pytest.mark.parametrize("name", CURVES)
def test_every_row_is_a_point_on_a_line_within_a_band(name, scenes, rows):
    for kind in ("symbol", "line", "area"):
        assert sum(map(len, marks(scenes[name], kind))) == len(rows[name]) > 0


@pytest.mark.parametrize("name", CURVES)
def test_curves_fill_their_panel_from_the_first_value_of_x_to_the_last(name, scenes):
    assert len(panels(scenes[name])) == 2
    for panel in panels(scenes[name]):
        for line in marks(panel, "line"):
            assert (position(line[0]), position(line[-1])) == pytest.approx((0, panel["width"]))


@pytest.mark.parametrize("name", CURVES)
def test_a_band_goes_from_left_to_right_around_its_line_and_never_crosses_itself(name, scenes):
    for panel in panels(scenes[name]):
        lines, bands = marks(panel, "line"), marks(panel, "area")
        assert len(lines) == len(bands) == 4
        for line, band in zip(lines, bands, strict=True):
            assert line[0]["stroke"] == band[0]["fill"]
            assert all(position(left) < position(right) for left, right in pairwise(band))
            for point, edge in zip(line, band, strict=True):
                assert position(point) == position(edge)
                assert edge["y2"] - 1e-6 <= point["y"] <= edge["y"] + 1e-6  # downwards, as on a screen


def test_bands_are_as_wide_as_the_seeds_are_apart(scenes):
    band = marks(panels(scenes["learning_curves"])[0], "area")[0]
    widths = [edge["y"] - edge["y2"] for edge in band]
    assert widths == sorted(widths)
    assert widths[-1] == pytest.approx(4 * widths[0])  # accuracies rise in proportion to the epoch


def test_a_heat_map_has_a_cell_per_layer_and_step(scenes, rows):
    cells = marks(scenes["gradient_heatmap"], "rect")
    assert len(cells) == 2
    assert sum(map(len, cells)) == sum(len(row["step"]) for row in rows["gradient_heatmap"])
    assert len({cell["fill"] for cell in cells[0]}) > 10


def test_a_confusion_matrix_has_a_cell_per_pair_of_classes_with_its_share_written_in(scenes, rows):
    cells, texts = (marks(scenes["confusion_shares"], kind) for kind in ("rect", "text"))
    assert sum(map(len, cells)) == len(rows["confusion_shares"])
    percent = [100 * row["share"] for row in rows["confusion_shares"] if row["share"] >= 0.005]
    written = [int(item["text"]) for items in texts for item in items]
    assert sorted(written) == pytest.approx(sorted(percent), abs=0.5)
