"""The official files of MNIST and Fashion-MNIST, and original PlantVillage photographs, up to preprocessing."""

import json
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from resgrad.datasets import archives, idx
from resgrad.datasets.known import OFFICIAL
from resgrad.download.store import digest
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.preprocess import preprocess
from resgrad.shards.shards import Shards

pytestmark = pytest.mark.real

SUBSET = "plantvillage-subset.zip"
LEAVES = {
    "image_size": 32,
    "color": "rgb",
    "train_limit": None,
    "validation_fraction": 0.15,
    "test_fraction": 0.2,
    "split": "leaf",
}


def raw_folder(folder: Path, files: dict[str, Path]) -> Path:
    folder.mkdir()
    (folder / "provenance.json").write_text('{"provenance": "custom", "files": {}}')
    for name, path in files.items():
        (folder / name).symlink_to(path)
    return folder


@pytest.fixture(scope="module")
def mnist(real_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mnist")
    raw = raw_folder(folder / "raw", {path.name: path for path in (real_data / "mnist").glob("*.gz")})
    options = {**LEAVES, "image_size": 28, "color": "grey", "validation_fraction": 0.1, "test_fraction": None}
    config = PreprocessConfig(**{**options, "split": "random"})
    return preprocess(raw, folder / "shards", config, format_name="idx").metrics, Shards(folder / "shards")


@pytest.fixture(scope="module")
def leaf_map(real_data):
    return json.loads((real_data / "plantvillage/leaf-map.json").read_text())


@pytest.fixture(scope="module")
def mapped(real_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mapped")
    leaves = real_data / "plantvillage"
    raw = raw_folder(folder / "raw", {"images.zip": leaves / SUBSET, "leaf-map.json": leaves / "leaf-map.json"})
    made = preprocess(raw, folder / "shards", PreprocessConfig(**LEAVES), format_name="folder")
    return made.metrics, Shards(folder / "shards")


@pytest.fixture(scope="module")
def unmapped(real_data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("unmapped")
    raw = raw_folder(folder / "raw", {"images.zip": real_data / "plantvillage" / SUBSET})
    made = preprocess(raw, folder / "shards", PreprocessConfig(**LEAVES), format_name="folder")
    return made.metrics, Shards(folder / "shards")


def pepper_leak(shards: Shards, leaf_map: dict, column: str) -> float:
    """Count pepper's test photographs with another of their leaf in training, by the published map alone."""
    leaf_of = {
        name: (label, leaf) for label, leaves in leaf_map.items() for leaf, names in leaves.items() for name in names
    }
    leaves = defaultdict(list)
    for row in shards.index().to_pylist():
        label, name = row["id"].split("/", 1)
        if name in leaf_of and label in leaf_map:
            leaves[row[column]].append(leaf_of[name])
    trained = set(leaves["train"])
    assert len(leaves["test"]) > 50
    return float(np.mean([leaf in trained for leaf in leaves["test"]]))


def test_official_mnist_has_its_60000_and_10000_images(mnist):
    metrics, shards = mnist
    counts = {split: sum(classes.values()) for split, classes in metrics["custom"]["counts"].items()}
    assert counts["test"] == 10_000
    assert counts["train"] + counts["validation"] == 60_000
    assert counts["validation"] == pytest.approx(6_000, abs=5)
    assert metrics["custom"]["skipped"]["total"] == 0
    assert shards.manifest["shape"] == [1, 28, 28]


@pytest.mark.parametrize("dataset", ["mnist", "fashion_mnist"])
def test_the_files_are_those_that_the_official_download_expects(real_data, dataset):
    files = {path.name: digest(path) for path in (real_data / dataset).iterdir()}
    assert files == OFFICIAL[dataset].files


def test_t10k_is_the_test_split(mnist, real_data):
    images, labels, names = mnist[1].read("test")
    folder = real_data / "mnist"
    assert np.array_equal(np.asarray(images)[:, 0], idx.read(folder / "t10k-images-idx3-ubyte.gz", max_bytes=2**27))
    assert np.array_equal(labels, idx.read(folder / "t10k-labels-idx1-ubyte.gz", max_bytes=2**27))
    assert names[0] == "test-00000"


def test_scaling_of_mnist_is_the_published_one(mnist):
    scaling = mnist[1].manifest["scaling"]["given"]
    assert scaling["mean"] == pytest.approx([0.1307], abs=0.0005)  # of all 60,000; ours is of nine tenths
    assert scaling["std"] == pytest.approx([0.3081], abs=0.0005)


def test_every_photograph_of_the_subset_is_used(mapped, real_data):
    metrics, shards = mapped
    members = archives.list_files(real_data / "plantvillage" / SUBSET, SUBSET).images
    counts = Counter(member.path.split("/")[-2] for member in members)
    assert metrics["custom"]["images"] == len(members) == 2_958  # 2,957 JPEGs and the PNG; no duplicates in this sample
    assert metrics["custom"]["skipped"]["total"] == 0
    assert len(shards.manifest["classes"]) == 15
    for label in shards.manifest["classes"]:
        dealt = {split: classes[label] for split, classes in metrics["custom"]["counts"].items()}
        assert sum(dealt.values()) == counts[label]
        assert dealt["test"] / counts[label] == pytest.approx(0.2, abs=0.05)
        assert dealt["validation"] / counts[label] == pytest.approx(0.15, abs=0.05)


def test_the_screenshot_with_an_alpha_channel_is_among_them(mapped):
    _, shards = mapped
    names = {split: shards.read(split) for split in ("train", "validation", "test")}
    (found,) = [images[ids.index(name)] for images, _, ids in names.values() for name in ids if "Screen Shot" in name]
    assert found.shape == (3, 32, 32)
    assert 20 < found.std() < 120


def test_with_the_map_no_leaf_of_the_test_is_in_training(mapped, leaf_map):
    metrics, shards = mapped
    assert metrics["custom"]["leak"] == 0
    assert pepper_leak(shards, leaf_map, "split_leaf") == 0


def test_a_random_split_leaks_nearly_every_leaf_of_pepper(mapped, leaf_map):
    metrics, shards = mapped
    assert pepper_leak(shards, leaf_map, "split_random") > 0.97
    assert metrics["custom"]["leak_random"] > 0.5  # including tomato leaves with few sampled photographs


def test_without_the_map_stretches_of_the_camera_roll_leak_little(unmapped, leaf_map):
    metrics, shards = unmapped
    assert pepper_leak(shards, leaf_map, "split_leaf") <= 0.03
    assert metrics["custom"]["leak"] == 0  # for the tomato leaves known from file names
