"""A finished run becomes a study."""

import json

import pytest
from ruamel.yaml import YAML

from handbook.freeze import FreezeError, freeze

PARAMETERS = {
    "datasets": ["fruit_360"],
    "depths": [8],
    "data": {"fruit_360": {"source": "PATH/of/mine"}, "another": {"source": "PATH/of/another"}},
}
RESOLVED = {
    "fruit_360": {"leaf_map": "PATH/of/map", "image_size": 8, "train_limit": None},
    "another": {"image_size": 9},
}
RUN = {
    "metrics/comparison-fruit_360.md": "# fruit_360\n",
    "metrics/comparison-fruit_360/runs.csv": "seed\n0\n",
    "metrics/comparison-fruit_360/by_depth.csv": "n\n0\n",
    "metrics/probe.md": "# probe\n",
    "metrics/probe/outcomes.csv": "depth\n8\n",
    "metrics/timing-fruit_360.md": "# times\n",
    "data/comparison/fruit_360/about.json": json.dumps({"provenance": "embedded"}),
    "data/timing/fruit_360/about.json": "{}",
    "data/probe/about.json": "{}",
    "data/params.json": json.dumps({"data": RESOLVED}),
    "plots/fruit_360/comparison/comparison.png": "picture",
    "plots/fruit_360/comparison/stability.png": "picture that no page shows",
    "plots/probe/growth.png": "growth",
    "README.md": "![x](docs/study/new/comparison-fruit_360/comparison.png) ![x](docs/study/other/probe/layers.png)",
    "docs/results.md": "![x](study/new/probe/growth.png)",
    "docs/study/new/left-over.md": "of the run before",
}


@pytest.fixture
def repository(tmp_path):
    for path, text in RUN.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text, encoding="utf-8")
    YAML(typ="safe").dump(PARAMETERS, tmp_path / "params.yaml")
    return tmp_path


def test_a_study_has_the_pages_their_tables_and_the_pictures_that_pages_show(repository):
    study = repository / "docs/study/new"
    files = sorted(str(path.relative_to(study)) for path in freeze(repository, "new"))
    assert files == [
        "comparison-fruit_360.md",
        "comparison-fruit_360/about.json",
        "comparison-fruit_360/comparison.png",
        "comparison-fruit_360/runs.csv",
        "params.yaml",
        "probe.md",
        "probe/about.json",
        "probe/growth.png",
        "probe/outcomes.csv",
        "timing-fruit_360.md",
    ]
    assert (study / "probe/growth.png").read_text(encoding="utf-8") == "growth"


def test_its_parameters_do_not_tell_where_files_were(repository):
    freeze(repository, "new")
    text = (repository / "docs/study/new/params.yaml").read_text(encoding="utf-8")
    assert "PATH" not in text
    assert "train_limit: null" in text
    assert YAML(typ="safe").load(text)["data"] == {"fruit_360": {"image_size": 8, "train_limit": None}}


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        ("metrics/comparison-fruit_360.md", "comparison-fruit_360.md is missing"),
        ("data/comparison/fruit_360/about.json", "about.json is missing"),
        ("plots/fruit_360/comparison/comparison.png", "comparison.png is missing"),
        ("metrics/probe.md", "probe.md is missing"),
    ],
)
def test_what_is_missing_is_named_and_the_study_stays(repository, missing, message):
    (repository / missing).unlink()
    with pytest.raises(FreezeError, match=message):
        freeze(repository, "new")
    assert [path.name for path in (repository / "docs/study/new").iterdir()] == ["left-over.md"]


def test_a_picture_of_a_data_set_that_did_not_take_part_is_missed(repository):
    (repository / "docs/results.md").write_text("![x](study/new/audit-other/audit.png)", encoding="utf-8")
    with pytest.raises(FreezeError, match="pictures of audit-other"):
        freeze(repository, "new")


@pytest.mark.parametrize("name", ["", "../new", "New", "a b", "/new"])
def test_a_name_that_leads_elsewhere_is_refused(repository, name):
    with pytest.raises(FreezeError, match="name"):
        freeze(repository, name)
