import json

import pytest

from tests.unit.filled_templates import AXES, TEMPLATES, fill, make_frames


@pytest.fixture
def frames(tmp_path):
    return make_frames(tmp_path)


def fields(spec):
    """Yield every field that a filled template reads."""
    if isinstance(spec, dict):
        if isinstance(spec.get("field"), str):
            yield spec["field"]
        for key, value in spec.items():
            if key != "data":
                yield from fields(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from fields(value)


@pytest.mark.parametrize("name", AXES)
def test_a_filled_template_has_no_anchor_left_and_reads_only_columns_there_are(name, frames):
    rows = frames[name].assign(rev="workspace", panel="a panel").to_dict("records")
    spec = fill(name, rows)
    assert spec["data"]["values"] == rows
    assert "<DVC" not in json.dumps(spec)
    assert spec["title"]["text"] == "the title"
    computed = {transform["as"] for transform in json_transforms(spec)}
    assert set(AXES[name]) <= set(fields(spec)) <= set(rows[0]) | computed


def json_transforms(spec):
    layers = spec["spec"].get("layer", [])
    return [
        transform for part in (spec, *layers) for transform in part.get("transform", []) if "calculate" in transform
    ]


@pytest.mark.parametrize("name", ["learning_curves", "learning_curves_log", "gradient_norms"])
def test_revisions_are_told_apart_by_the_colours_that_dvc_gives_them(name, frames):
    rows = frames[name].assign(panel="a panel")
    both = [row for rev in ("HEAD", "workspace") for row in rows.assign(rev=rev).to_dict("records")]
    color = fill(name, both)["spec"]["encoding"]["color"]
    assert color["field"] == "rev"
    assert color["scale"]["domain"] == ["HEAD", "workspace"]


@pytest.mark.parametrize("name", ["confusion_shares", "gradient_heatmap"])
def test_revisions_that_cannot_be_overlaid_have_a_panel_each(name, frames):
    rows = frames[name].assign(rev="HEAD", panel="a panel").to_dict("records")
    spec = fill(name, rows)
    assert spec["facet"]["field"] == "revision"
    assert spec["transform"][0] == {
        "calculate": "datum.rev + ': ' + datum.variant + ', ' + datum.panel",
        "as": "revision",
    }


def test_heat_maps_can_be_compared_by_colour_across_revisions_and_plots(frames):
    rows = frames["gradient_heatmap"].assign(rev="HEAD", panel="a panel")
    spec = fill("gradient_heatmap", rows.to_dict("records"))
    assert spec["spec"]["encoding"]["color"]["scale"] == {"scheme": "viridis", "domain": [-3, 3], "clamp": True}
    assert "color" not in spec["resolve"]["scale"]  # otherwise every panel would have its own legend


def test_a_heat_map_unfolds_its_lists_of_steps_and_norms_together(frames):
    rows = frames["gradient_heatmap"].assign(rev="HEAD", panel="a panel").to_dict("records")
    (lists,) = [t["flatten"] for t in fill("gradient_heatmap", rows)["transform"] if "flatten" in t]
    assert lists == ["step", "log10_norm"]
    assert all(len(row["step"]) == len(row["log10_norm"]) > 1 for row in rows)


def test_the_templates_of_learning_curves_differ_in_the_axis_alone():
    linear, log = (json.loads((TEMPLATES / f"learning_curves{end}.json").read_text()) for end in ("", "_log"))
    assert log.pop("transform") == [{"filter": "datum['<DVC_METRIC_Y>_min'] > 0"}]
    for spec in (linear, log):
        for layer in spec["spec"]["layer"]:
            layer["encoding"]["y"] = {k: v for k, v in layer["encoding"]["y"].items() if k not in {"scale", "axis"}}
    assert log == linear


def test_there_is_no_other_template():
    assert {path.stem for path in TEMPLATES.iterdir()} == set(AXES)
