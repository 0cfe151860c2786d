"""A tree that brings its splits: it keeps them, and what leaks between them is measured and said."""

import json

import pytest

from resgrad.shards.shards import Shards
from stages.preprocess import make_shards
from tests.unit.raw_folders import OPTIONS, ids, photographs, picture, preprocessed, write_archive


def tree(*names):
    return {name: picture(place) for place, name in enumerate(names)}


def named(split, pattern, count):
    return [f"{split}/{label}/{pattern.format(number)}" for label in "ab" for number in range(count)]


def result(tmp_path, files, **options):
    """Return the metrics and the sentences."""
    raw = write_archive(tmp_path / "mine", files)
    made = preprocessed(raw, tmp_path / "shards", **{**OPTIONS, **options})
    return made.metrics["custom"], made.sentences


def test_the_test_is_kept_and_validation_is_cut_from_training(tmp_path):
    files = tree(*named("train", "IMG_{}.png", 40), *named("test", "DSC_{}.png", 10))
    metrics, sentences = result(tmp_path, files)
    assert metrics["counts"] == {
        "train": {"a": 32, "b": 32},
        "validation": {"a": 8, "b": 8},
        "test": {"a": 10, "b": 10},
    }
    assert {key: metrics[key] for key in ("split_given", "leak_copies", "leak_captures")} == {
        "split_given": 1,
        "leak_copies": 0,
        "leak_captures": 0,
    }
    assert sentences == []
    manifest = Shards(tmp_path / "shards").manifest
    assert (manifest["split"], list(manifest["counts"])) == ("given", ["given"])
    assert sorted(ids(tmp_path / "shards", "test")) == sorted(
        name.removeprefix("test/") for name in files if name.startswith("test/")
    )


def test_validation_of_its_own_is_kept_too(tmp_path):
    files = tree(*named("train", "IMG_{}.png", 9), *named("val", "V{}.png", 4), *named("test", "T{}.png", 5))
    metrics, _ = result(tmp_path, files)
    assert metrics["counts"]["validation"] == {"a": 4, "b": 4}
    assert metrics["counts"]["train"] == {"a": 9, "b": 9}


def test_every_test_image_is_an_edited_copy_of_a_training_image(tmp_path):
    files = tree(*named("train", "IMG_{}.png", 40), *named("test", "IMG_{}_rot90.png", 10))
    metrics, sentences = result(tmp_path, files, validation_fraction=0.05)
    trained = ids(tmp_path / "shards", "train")
    copies = [name for name in ids(tmp_path / "shards", "test") if name.replace("_rot90", "") in trained]
    assert len(copies) >= 16
    assert metrics["leak_captures"] == len(copies) / 20
    assert (metrics["leak_copies"], metrics["leaf_known"]) == (0, 0)
    said = f"{len(copies) / 20:.2%} of the test images are edited copies or originals of training images"
    assert sentences == [f"mine: its own splits leak: {said}; docs/data.md says how to split anew."]


@pytest.mark.parametrize(
    ("train", "test", "leaks"),
    [
        ("IMG_{}_flip.png", "IMG_{}.png", 1),
        ("IMG_{}_flip.png", "IMG_{}_rot90.png", 1),
        ("{}_jpg.rf.0123456789abcdef.jpg", "{}_jpg.rf.fedcba9876543210.jpg", 1),
        ("u___RS_HL {}.JPG", "v___RS_HL {}.JPG", 1),
        ("img_{}.png", "IMG_{}_rot90.png", 1),
        ("{}.png", "{}.png", 0),  # each split counts from 0
        ("a_{}.png", "b_{}_rot90.png", 0),
    ],
)
def test_what_shows_one_capture(tmp_path, train, test, leaks):
    files = tree(*named("train", train, 9), *named("val", "V{}.png", 3), *named("test", test, 9))
    metrics, sentences = result(tmp_path, files)
    assert metrics["leak_captures"] == leaks
    assert len(sentences) == leaks


def test_copies_within_splits_that_count_from_the_start_tell_nothing(tmp_path):
    both = [name for split in ("train", "test") for name in named(split, "{}.png", 9)]
    files = tree(*both, *named("train", "{}_rot90.png", 9), *named("val", "V{}.png", 3))
    assert result(tmp_path, files)[0]["leak_captures"] == 0


def test_a_copy_in_another_class_is_none(tmp_path):
    names = [*(f"train/a/IMG_{n}.png" for n in range(9)), *(f"test/b/IMG_{n}_rot90.png" for n in range(9))]
    names += [*(f"train/b/X{n}.png" for n in range(9)), *(f"test/a/Y{n}.png" for n in range(9))]
    assert result(tmp_path, tree(*names))[0]["leak_captures"] == 0


def test_bytes_and_leaves_that_leak_are_said_in_one_line(tmp_path):
    train = {name.replace("top/", "train/"): content for name, content in photographs().items()}
    shots = tree(*(f"test/{label}/v___S Leaf {leaf}.9.JPG" for label in "AB" for leaf in range(6, 16)))
    same = {f"test/{label}/x.jpg": train[f"train/{label}/u1___S Leaf 1.1.JPG"] for label in "AB"}
    metrics, sentences = result(tmp_path, {**train, **shots, **same}, validation_fraction=0.01)
    assert metrics["leak_copies"] == 2 / 22
    assert metrics["leak"] == pytest.approx(0.5, abs=0.1)  # leaves 6 to 10, but for those in validation
    assert sentences == [
        "mine: 2 images are left out (duplicate of test), such as train/A/u1___S Leaf 1.1.JPG.",
        (
            f"mine: its own splits leak: {2 / 22:.2%} of the test images are in another split too (left out there), "
            f"{metrics['leak']:.2%} of the test images of a known leaf show a leaf that is in training; "
            "docs/data.md says how to split anew."
        ),
    ]


def test_a_set_that_is_split_here_says_and_publishes_nothing_of_this(tmp_path):
    metrics, sentences = result(tmp_path, tree(*named("top", "IMG_{}.png", 20), *named("top", "IMG_{}_rot90.png", 20)))
    assert not {"split_given", "leak_copies", "leak_captures"} & metrics.keys()
    assert sentences == []


def test_the_stage_says_it(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    files = tree(*named("train", "IMG_{}.png", 9), *named("val", "V{}.png", 3), *named("test", "IMG_{}_flip.png", 9))
    (tmp_path / "data/raw").mkdir(parents=True)
    write_archive(tmp_path / "data/raw/mine", files)
    (tmp_path / "data/params.json").write_text(json.dumps({"data": {"mine": {"format": "folder", **OPTIONS}}}))
    make_shards("mine")
    assert "mine: its own splits leak: 100.00% of the test images are edited copies" in capsys.readouterr().out
    assert json.loads((tmp_path / "metrics/data-mine.json").read_text())["custom"]["leak_captures"] == 1
