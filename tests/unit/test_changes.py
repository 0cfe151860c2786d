"""Files at a path that changed since they were brought in."""

import json
import os
import shutil

import pytest

from resgrad.download.changes import RECORDS, changed_sources, changes, record
from resgrad.download.paths import local_paths
from stages.download import bring_in
from tests.unit.raw_folders import picture


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text(name)
    record(tmp_path / "mine", tmp_path / RECORDS)
    return tmp_path / "mine"


def found(path):
    return changes(path, path.parent / RECORDS)


def test_nothing_has_changed(folder):
    assert found(folder) is None


def test_what_was_added_removed_or_edited_is_counted_with_an_example(folder):
    for number in range(500):
        (folder / f"a/more-{number:03d}.jpg").write_text("more")
    (folder / "b/1.jpg").unlink()
    (folder / "a/2.jpg").write_text("edited")
    assert found(folder) == (
        "500 files added (such as a/more-000.jpg), 1 file removed (such as b/1.jpg), 1 file changed (such as a/2.jpg)"
    )
    record(folder, folder.parent / RECORDS)
    assert found(folder) is None


def test_the_same_size_at_another_time_is_a_change(folder):
    os.utime(folder / "a/1.jpg", (1e9, 1e9))
    assert found(folder) == "1 file changed (such as a/1.jpg)"


def test_a_single_file_is_compared_too(tmp_path):
    path = tmp_path / "images.zip"
    path.write_text("one")
    record(path, tmp_path / RECORDS)
    path.write_text("three")
    assert found(path) == "1 file changed (such as images.zip)"


def test_what_was_never_brought_in_or_is_gone_is_not_compared(folder):
    assert found(folder / "a") is None
    folder.rename(folder.with_name("elsewhere"))
    assert found(folder) is None


@pytest.mark.parametrize("source", ["embedded", "official", "https://example.org/images.zip", None])
def test_only_paths_are_watched(source):
    assert [str(path) for path in local_paths([source, "maps/leaf-map.json"])] == ["maps/leaf-map.json"]


def test_only_the_data_sets_that_take_part_are_compared(folder):
    (folder / "a/3.jpg").write_text("new")
    blocks = {"mine": {"source": str(folder)}, "digits": {"source": "embedded"}}
    said = (
        f"{folder} has changed since it was brought in: 1 file added (such as a/3.jpg); "
        "`dvc repro -f download@mine` brings it in again."
    )
    assert changed_sources({"datasets": ["mine", "digits"], "data": blocks}, folder.parent) == [said]
    assert changed_sources({"datasets": ["digits"], "data": blocks}, folder.parent) == []


@pytest.mark.parametrize(
    "parameters",
    [{}, {"datasets": "mine"}, {"datasets": [["mine"], 3], "data": {}}, {"datasets": ["mine"], "data": {"mine": 3}}],
)
def test_parameters_without_sense_are_left_to_the_check(parameters):
    assert changed_sources(parameters) == []


LOCK = """schema: '2.0'
stages:
  download@other:
    cmd: python -m stages.download other
    params:
      params.yaml:
        data.other.source: embedded
  download@mine:
    cmd: python -m stages.download mine
    params:
      params.yaml:
        data.mine.source: {source}
      data/params.json:
        data.mine.format: folder
        data.mine.leaf_map: {leaf_map}
    outs:
    - path: data/raw/mine
  preprocess@mine:
    cmd: python -m stages.preprocess mine
"""


@pytest.fixture
def restored(folder):
    """A clone whose data DVC took from its cache: nothing was recorded."""
    root = folder.parent
    shutil.rmtree(root / RECORDS)
    (root / "data/raw/mine").mkdir(parents=True)
    (root / "map.json").write_text("{}")
    (root / "dvc.lock").write_text(LOCK.format(source=folder, leaf_map=root / "map.json"))
    return folder


def said_of(folder, source=None, leaf_map=None):
    block = {"source": str(source or folder), "leaf_map": leaf_map and str(leaf_map)}
    return changed_sources({"datasets": ["mine"], "data": {"mine": block}}, folder.parent)


def test_without_a_record_it_is_said_that_nothing_can_be_known(restored):
    unknown = (
        "Whether {} has changed since it was brought in cannot be known here, where that was not recorded; "
        "`dvc repro -f download@mine` brings it in again."
    )
    leaf_map = restored.parent / "map.json"
    assert said_of(restored) == [unknown.format(restored)]
    assert said_of(restored, leaf_map=leaf_map) == [unknown.format(restored), unknown.format(leaf_map)]
    record(restored, restored.parent / RECORDS)
    assert said_of(restored) == []


def test_nothing_is_said_where_the_download_will_run_anyway_or_cannot(restored):
    assert said_of(restored, source="embedded") == []
    assert said_of(restored, source=restored / "a") == []  # another path than the data came from
    (restored.parent / "data/raw/mine").rmdir()
    assert said_of(restored) == []  # a fresh clone
    (restored.parent / "data/raw/mine").mkdir()
    restored.rename(restored.with_name("gone"))
    assert said_of(restored) == []


@pytest.mark.parametrize("lock", [None, "", "stages:\n  download@mine:\n    <<<<<<< ours\n    cmd: [\n", LOCK[:90]])
def test_nothing_is_said_where_dvc_knows_of_no_download(restored, lock):
    path = restored.parent / "dvc.lock"
    path.unlink() if lock is None else path.write_text(lock)
    assert said_of(restored) == []


def test_the_stage_records_what_it_brings_in(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    for place, name in enumerate(["a/1.png", "b/1.png"]):
        (tmp_path / "mine" / name).parent.mkdir(parents=True)
        (tmp_path / "mine" / name).write_bytes(picture(place, "PNG"))
    (tmp_path / "map.json").write_text('{"a": {"7": ["1.png"]}}')
    block = {"format": "folder", "source": str(tmp_path / "mine"), "leaf_map": str(tmp_path / "map.json")}
    parameters = {"datasets": ["mine"], "data": {"mine": block}}
    (tmp_path / "params.yaml").write_text(json.dumps(parameters))
    (tmp_path / "data").mkdir()
    (tmp_path / "data/params.json").write_text(json.dumps(parameters))
    bring_in("mine")
    assert "2 images in 2 classes" in capsys.readouterr().out
    assert changed_sources(parameters) == []
    (tmp_path / "mine/a/2.png").write_bytes(picture(2, "PNG"))
    (tmp_path / "map.json").write_text('{"a": {"7": ["1.png", "2.png"]}}')
    assert [sentence.split(";")[0] for sentence in changed_sources(parameters)] == [
        f"{tmp_path}/mine has changed since it was brought in: 1 file added (such as a/2.png)",
        f"{tmp_path}/map.json has changed since it was brought in: 1 file changed (such as map.json)",
    ]
