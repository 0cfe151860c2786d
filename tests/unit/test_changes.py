"""Files at a path that changed since they were brought in."""

import os

import pytest

from resgrad.download.changes import changed_sources, changes, record
from resgrad.download.paths import local_paths


@pytest.fixture
def folder(tmp_path):
    for name in ("a/1.jpg", "a/2.jpg", "b/1.jpg"):
        (tmp_path / "mine" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mine" / name).write_text(name)
    record(tmp_path / "mine", tmp_path / "records")
    return tmp_path / "mine"


def found(path):
    return changes(path, path.parent / "records")


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
    record(folder, folder.parent / "records")
    assert found(folder) is None


def test_the_same_size_at_another_time_is_a_change(folder):
    os.utime(folder / "a/1.jpg", (1e9, 1e9))
    assert found(folder) == "1 file changed (such as a/1.jpg)"


def test_a_single_file_is_compared_too(tmp_path):
    path = tmp_path / "images.zip"
    path.write_text("one")
    record(path, tmp_path / "records")
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
    records = folder.parent / "records"
    assert changed_sources({"datasets": ["mine", "digits"], "data": blocks}, records) == [said]
    assert changed_sources({"datasets": ["digits"], "data": blocks}, records) == []


@pytest.mark.parametrize(
    "parameters",
    [{}, {"datasets": "mine"}, {"datasets": [["mine"], 3], "data": {}}, {"datasets": ["mine"], "data": {"mine": 3}}],
)
def test_parameters_without_sense_are_left_to_the_check(parameters):
    assert changed_sources(parameters) == []
