import re
import zipfile
from collections import Counter
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from resgrad.datasets import archives, drawn_leaves, embedded, idx
from resgrad.preprocess.leaves import group


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("leaves") / "images.zip"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(embedded, "LEAVES", 2)
        embedded.write_leaves(path)
    return path


def test_digits_are_scikit_learns_with_the_last_fifth_as_the_test(tmp_path):
    embedded.write_digits(tmp_path)
    digits = load_digits()
    parts = [
        [idx.read(tmp_path / f"{part}-{kind}-ubyte.gz", max_bytes=2**20) for part in ("train", "t10k")]
        for kind in ("images-idx3", "labels-idx1")
    ]
    assert [len(images) for images in parts[0]] == [1438, 359]
    images, labels = (np.concatenate(part) for part in parts)
    assert np.array_equal(labels, digits.target)
    assert np.abs(images / 255 - digits.images / 16).max() < 0.5 / 255 + 1e-9
    assert images.max() == 255


def test_leaves_lie_in_class_folders_and_their_names_carry_the_leaf(archive):
    paths = [member.path.split("/") for member in archives.list_files(archive, "sample").images]
    tops, labels, names = zip(*paths, strict=True)
    assert set(tops) == {"PlantVillage"}
    assert Counter(labels) == {
        f"Drawn_{shape}___{condition}": 6 for shape in ("round", "long") for condition in ("healthy", "spots", "blight")
    }
    assert all(re.fullmatch(r"[0-9a-f-]{36}___DRAWN Leaf \d+\.[123]\.JPG", name) for name in names)
    groups = group(labels, names, {})
    assert Counter(Counter(one.name for one in groups).values()) == {3: 12}
    assert all(one.roll is None for one in groups)


def test_the_same_bytes_every_time(archive, tmp_path, monkeypatch):
    monkeypatch.setattr(embedded, "LEAVES", 2)
    again = tmp_path / "images.zip"
    embedded.write_leaves(again)
    assert again.read_bytes() == archive.read_bytes()


def test_photographs_are_jpegs_of_256_pixels_no_two_alike(archive):
    with zipfile.ZipFile(archive) as file:
        contents = [file.read(name) for name in file.namelist()]
    assert len(set(contents)) == len(contents)
    for content in contents:
        with Image.open(BytesIO(content)) as image:
            assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (256, 256))


def test_photographs_of_one_leaf_resemble_each_other_more_than_those_of_two():
    def colours(leaf, generator):
        """Mean and spread of the leaf's own pixels in a photograph."""
        return np.asarray(drawn_leaves.photograph(leaf, generator), float)[96:160, 96:160].mean(axis=(0, 1))

    generator = np.random.default_rng(0)
    shots = np.array(
        [
            [colours(leaf, generator) for _ in range(4)]
            for leaf in (drawn_leaves.draw_leaf("round", "healthy", generator) for _ in range(12))
        ]
    )
    hues = shots / shots.sum(axis=2, keepdims=True)  # the light varies from shot to shot
    assert hues.std(axis=1).mean() < 0.6 * hues.mean(axis=1).std(axis=0).mean()


@pytest.mark.parametrize("shape", drawn_leaves.SHAPES)
def test_round_leaves_are_wider_than_long_ones(shape):
    generator = np.random.default_rng(1)
    ratios = []
    for _ in range(5):
        left, top, right, bottom = drawn_leaves.draw_leaf(shape, "healthy", generator).getchannel("A").getbbox()
        ratios.append((right - left) / (bottom - top))
    assert (min(ratios) > 0.7) if shape == "round" else (max(ratios) < 0.6)


@pytest.mark.parametrize("condition", ["spots", "blight"])
@pytest.mark.parametrize("shape", drawn_leaves.SHAPES)
def test_a_disease_turns_part_of_the_leaf_brown(shape, condition):
    for seed in range(4):
        # The same draws make the same leaf; those of the disease come last.
        healthy, ill = (
            np.asarray(drawn_leaves.draw_leaf(shape, one, np.random.default_rng(seed)), int)
            for one in ("healthy", condition)
        )
        leaf = healthy[..., 3] > 250
        changed = leaf & (np.abs(ill - healthy).sum(axis=2) > 30)
        assert 0.02 < changed.sum() / leaf.sum() < 0.9
        redness = [(pixels[..., 0] - pixels[..., 1])[changed].mean() for pixels in (healthy, ill)]
        assert redness[1] > redness[0] + 20
