"""Files of one's own are safe from the pipeline, which deletes what it finds where it writes."""

import re

import pytest
from ruamel.yaml import YAML

from resgrad.study import OUTPUTS, load_study
from tests.paths import ROOT
from tests.unit.changed_params import changed, complaint

LEAF_MAP, SOURCE = "data.plantvillage.leaf_map", "data.plantvillage.source"


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


@pytest.mark.parametrize("key", [SOURCE, LEAF_MAP])
@pytest.mark.parametrize(
    ("place", "own"),
    [
        ("data/raw/plantvillage", "data"),
        ("./data/raw/", "data"),
        ("x/../data/raw", "data"),
        ("data", "data"),
        ("metrics/x", "metrics"),
        ("plots", "plots"),
    ],
)
def test_what_lies_where_the_pipeline_writes_is_refused(project, key, place, own):
    for value in (place, str(project / place)):
        said = f"{key} is {value}, which lies in {own}/ or holds it: the pipeline deletes and writes files there; move"
        assert complaint(changed(project, key, value)).startswith(said)


@pytest.mark.parametrize("place", [".", "..", "/"])
def test_what_holds_such_a_place_is_refused(project, place):
    assert f"{SOURCE} is {place}, which lies in data/ or holds it" in complaint(changed(project, SOURCE, place))


def test_a_link_to_such_a_place_is_refused(project):
    (project / "data/raw/mine").mkdir(parents=True)
    (project / "link").symlink_to(project / "data/raw/mine")
    assert f"{SOURCE} is link, which lies in data/" in complaint(changed(project, SOURCE, "link"))


@pytest.mark.parametrize(
    "place", ["mine", "../data", "database", "a/data/raw", "https://example.org/data/raw", "~/data"]
)
def test_other_places_will_do(project, place):
    assert load_study(changed(project, SOURCE, place)).data["plantvillage"].source == place


def test_links_in_a_circle_are_left_to_the_download(project):
    (project / "circle").symlink_to("circle")
    assert load_study(changed(project, SOURCE, "circle")).data["plantvillage"].source == "circle"


def test_what_no_file_can_be_called_is_named(project):
    assert complaint(changed(project, SOURCE, "a\0b")) == rf"{SOURCE} is 'a\x00b', which no file can be called."


def test_all_that_stages_write_lies_there():
    stages = YAML(typ="safe").load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    paths = [
        next(iter(out)) if isinstance(out, dict) else out
        for stage in stages.values()
        for kind in ("outs", "metrics", "plots")
        for out in stage.get(kind, [])
    ]
    assert {re.match(r"[^/]+", path)[0] for path in paths} == set(OUTPUTS)
