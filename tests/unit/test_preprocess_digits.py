"""Digits become shards, and keep the test split that they came with."""

import json

import numpy as np
import pytest

from resgrad.datasets import idx
from resgrad.datasets.listing import LayoutError
from resgrad.shards.shards import Shards
from tests.unit.raw_folders import OPTIONS, ids, preprocess

DIGITS = {**OPTIONS, "color": "grey", "test_fraction": None, "split": "random"}


def write_digits(raw, train, test, provenance="official"):
    raw.mkdir()
    for prefix, (images, labels) in {"train": train, "t10k": test}.items():
        idx.write(raw / f"{prefix}-images-idx3-ubyte.gz", np.asarray(images, np.uint8))
        idx.write(raw / f"{prefix}-labels-idx1-ubyte.gz", np.asarray(labels, np.uint8))
    (raw / "provenance.json").write_text(json.dumps({"provenance": provenance, "files": {}}))
    return raw


def digits(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 8, 8), dtype=np.uint8), np.arange(count) % 2


def test_digits_keep_their_own_test_split(tmp_path):
    train, test = digits(100, 1), digits(20, 2)
    raw = write_digits(tmp_path / "raw", train, test)
    metrics = preprocess(raw, tmp_path / "shards", **DIGITS)
    assert metrics == {
        "official": {
            "images": 120,
            "counts": {"train": {"0": 40, "1": 40}, "validation": {"0": 10, "1": 10}, "test": {"0": 10, "1": 10}},
            "skipped": {"total": 0, "over_train_limit": 0},
            "shape": {"channels": 1, "height": 8, "width": 8},
            "split_given": 1,
            "leak_copies": 0.0,
        }
    }
    images, labels, names = Shards(tmp_path / "shards").read("test")
    assert np.array_equal(np.asarray(images)[:, 0], test[0])
    assert np.array_equal(labels, test[1])
    assert names == [f"test-{row:05d}" for row in range(20)]
    for split in ("train", "validation"):
        images, labels, names = Shards(tmp_path / "shards").read(split)
        rows = [int(name.removeprefix("train-")) for name in names]
        assert np.array_equal(np.asarray(images)[:, 0], train[0][rows])
        assert np.array_equal(labels, train[1][rows])
    assert set(Shards(tmp_path / "shards").index()["group"].to_pylist()) == {None}


def test_the_scheme_of_digits_is_the_given_one(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    preprocess(raw, tmp_path / "shards", **DIGITS)
    shards = Shards(tmp_path / "shards")
    assert shards.manifest["split"] == "given"
    assert [name for name in shards.index().column_names if name.startswith("split")] == ["split_given"]
    assert set(shards.index()["split_given"].to_pylist()) == {"train", "validation", "test"}


def test_the_test_wins_over_training_and_is_never_thinned_out(tmp_path):
    (images, labels), (tests, test_labels) = digits(100, 1), digits(20, 2)
    tests[3] = tests[5]  # equal in the test: both are kept
    images[0], images[7] = tests[3], tests[4]  # also in the test: both are removed, whatever their label
    images[11] = images[9]  # equal, same label: the second is removed
    images[20] = images[21]  # equal, different label: both are removed
    raw = write_digits(tmp_path / "raw", (images, labels), (tests, test_labels))
    metrics = preprocess(raw, tmp_path / "shards", **{**DIGITS, "train_limit": 50})["official"]
    assert metrics["leak_copies"] == 3 / 20  # 3 and 5 are one image
    # 48 and 47 digits of the two classes remain, 10 and 9 of them for validation: 76 for training.
    assert metrics["skipped"] == {
        "total": 31,
        "duplicate_of_test": 2,
        "duplicate": 1,
        "under_two_classes": 2,
        "over_train_limit": 26,
    }
    assert len(ids(tmp_path / "shards", "test")) == 20
    assert len(ids(tmp_path / "shards", "train")) == 50
    kept = {*ids(tmp_path / "shards", "train"), *ids(tmp_path / "shards", "validation")}
    assert not kept & {f"train-{row:05d}" for row in (0, 7, 11, 20, 21)}


def test_digits_can_be_enlarged_and_coloured(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    preprocess(raw, tmp_path / "shards", **{**DIGITS, "image_size": 12, "color": "rgb"})
    images, _, _ = Shards(tmp_path / "shards").read("test")
    assert images.shape == (20, 3, 12, 12)
    red, _, blue = np.asarray(images).transpose(1, 0, 2, 3)
    assert np.array_equal(red, blue)


def test_classes_are_the_labels_that_occur(tmp_path):
    images, labels = digits(100, 1)
    raw = write_digits(tmp_path / "raw", (images, labels * 5 + 2), (images[:20] ^ 1, labels[:20] * 5 + 2))
    preprocess(raw, tmp_path / "shards", **DIGITS)
    manifest = Shards(tmp_path / "shards").manifest
    assert manifest["classes"] == ["2", "7"]
    assert set(Shards(tmp_path / "shards").read("train")[1].tolist()) == {0, 1}


def test_images_without_labels(tmp_path):
    images, labels = digits(100, 1)
    raw = write_digits(tmp_path / "raw", (images, labels[:90]), digits(20, 2))
    with pytest.raises(LayoutError, match=r"has 100 train images and 90 labels"):
        preprocess(raw, tmp_path / "shards", **DIGITS)


def test_labels_where_images_should_be(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    (raw / "train-labels-idx1-ubyte.gz").replace(raw / "train-images-idx3-ubyte.gz")
    with pytest.raises(LayoutError, match=r"train-images-idx3-ubyte.gz has the shape \(100,\)"):
        preprocess(raw, tmp_path / "shards", **DIGITS)


def test_a_missing_file_is_named(tmp_path):
    raw = write_digits(tmp_path / "raw", digits(100, 1), digits(20, 2))
    (raw / "t10k-labels-idx1-ubyte.gz").unlink()
    with pytest.raises(LayoutError, match=r"raw holds no t10k-labels-idx1-ubyte.gz; `dvc repro -f download@raw`"):
        preprocess(raw, tmp_path / "shards", **DIGITS)
