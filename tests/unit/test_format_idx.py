"""The four IDX files of MNIST and its relatives."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from resgrad.datasets import idx
from resgrad.datasets.formats import idx as idx_format
from tests.unit.raw_sets import brought, refusal

ARRAYS = {
    "train-images-idx3-ubyte": np.arange(4 * 64, dtype=np.uint8).reshape(4, 8, 8),
    "train-labels-idx1-ubyte": np.array([1, 3, 1, 3], np.uint8),
    "t10k-images-idx3-ubyte": np.arange(100, 100 + 2 * 64, dtype=np.uint8).reshape(2, 8, 8),
    "t10k-labels-idx1-ubyte": np.array([3, 1], np.uint8),
}


def write_idx(target: Path, spelling=lambda name: f"{name}.gz", **changes) -> Path:
    for name, array in {**ARRAYS, **changes}.items():
        path = target / spelling(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        idx.write(path, array)
        if path.suffix != ".gz":
            path.write_bytes(gzip.decompress(path.read_bytes()))
    return target


SPELLINGS = {
    "MNIST's": lambda name: f"{name}.gz",
    "plain": lambda name: name,
    "with a dot": lambda name: name.replace("-idx", ".idx"),
    "each in its folder": lambda name: f"{name}/{name}",
    "EMNIST's": lambda name: f"emnist-letters-{name.replace('t10k', 'test')}.gz",
    "KMNIST's": lambda name: f"K-{name}",
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_idx_files_are_found_in_all_their_spellings(tmp_path, spelling):
    write_idx(tmp_path / "mine", spelling)
    raw = brought(idx_format, tmp_path / "mine", tmp_path / "raw")
    assert sorted(path.name for path in raw.iterdir()) == sorted(idx_format.FILES)
    with idx_format.opened(raw, "mine") as listing:
        assert listing.classes == ["1", "3"]
        assert listing.labels.tolist() == [0, 1, 0, 1, 1, 0]
        assert listing.splits == ["train"] * 4 + ["test"] * 2
        assert [listing.id_of(place) for place in (3, 4)] == ["train-00003", "test-00000"]
        assert np.array_equal(listing.read(5), ARRAYS["t10k-images-idx3-ubyte"][1])
        assert len(set(listing.marks)) == 6


@pytest.mark.parametrize("hidden", ["._{}", ".{}"])
def test_hidden_files_are_passed_over(tmp_path, hidden):
    """MacOS keeps what a foreign file system cannot under such names."""
    write_idx(tmp_path / "mine", SPELLINGS["MNIST's"])
    for name in ARRAYS:
        (tmp_path / "mine" / hidden.format(f"{name}.gz")).write_bytes(b"\0\5\26\7Mac OS X")
    brought(idx_format, tmp_path / "mine", tmp_path / "raw")


def test_one_file_in_two_spellings_is_taken_once_and_two_different_ones_are_refused(tmp_path):
    """Kaggle's MNIST has every file twice."""
    write_idx(tmp_path / "mine", SPELLINGS["with a dot"])
    write_idx(tmp_path / "mine", SPELLINGS["each in its folder"])
    brought(idx_format, tmp_path / "mine", tmp_path / "raw")
    write_idx(tmp_path / "mine", SPELLINGS["MNIST's"], **{"t10k-labels-idx1-ubyte": np.array([1, 1], np.uint8)})
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "again")
    assert "mine holds t10k-labels-idx1-ubyte.gz and " in message
    assert "which differ, and either could be t10k-labels-idx1-ubyte.gz; remove one." in message


def test_labels_in_tables_are_named(tmp_path):
    """QMNIST has them."""
    write_idx(tmp_path / "mine", lambda name: f"qmnist-{name}.gz")
    (tmp_path / "mine/qmnist-train-labels-idx1-ubyte.gz").rename(tmp_path / "mine/qmnist-train-labels-idx2-int.gz")
    assert refusal(idx_format, tmp_path / "mine", tmp_path / "raw").startswith(
        "mine holds no qmnist-train-labels-idx1-ubyte.gz but qmnist-train-labels-idx2-int.gz, which has more than one "
        "number for an image; format idx wants "
    )


@pytest.mark.parametrize("other", [["train-labels-idx1-ubyte"], ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]])
@pytest.mark.parametrize("whole", [True, False])
def test_files_of_several_sets_are_not_mixed(tmp_path, other, whole):
    """EMNIST comes as six sets in one folder; labels of one fit the images of another if there are as many."""
    write_idx(tmp_path / "mine", SPELLINGS["EMNIST's"])
    for name in ARRAYS:
        letters = tmp_path / "mine" / SPELLINGS["EMNIST's"](name)
        digits = letters.with_name(letters.name.replace("letters", "digits"))
        if name in other:
            digits.write_bytes(letters.read_bytes())
            if not whole:
                letters.unlink()
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "again")
    assert "mine holds emnist-digits-" in message
    assert " and emnist-letters-" in message
    assert message.endswith("whose names are of different sets; leave only the four files of one in it.")


@pytest.mark.parametrize("missing", [["t10k-labels"], ["train-images"], ["t10k-images", "t10k-labels"]])
@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_a_missing_idx_file_is_named_as_the_user_would_name_it(tmp_path, spelling, missing):
    gone, *_ = names = [next(name for name in ARRAYS if name.startswith(start)) for start in missing]
    write_idx(tmp_path / "mine", spelling)
    for name in names:
        (tmp_path / "mine" / spelling(name)).unlink()
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "raw")
    if spelling is SPELLINGS["KMNIST's"] and len(names) == 2:  # a prefix, as in EMNIST
        assert "mine holds no K-test-images-idx3-ubyte; " in message
        return
    wanted = ", ".join(spelling(name) for name in ARRAYS)
    assert message == f"mine holds no {spelling(gone)}; format idx wants {wanted}, gzipped or plain."


def test_where_nothing_is_found_the_files_have_mnists_names(tmp_path):
    (tmp_path / "mine").mkdir()
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "raw")
    assert message.startswith("mine holds no train-images-idx3-ubyte.gz; format idx wants train-images-idx3-ubyte.gz, ")


def test_labels_in_place_of_images_are_named_as_the_user_names_them(tmp_path):
    write_idx(tmp_path / "mine", SPELLINGS["with a dot"], **{"t10k-images-idx3-ubyte": np.zeros(2, np.uint8)})
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "raw")
    assert message == "mine/t10k-images.idx3-ubyte has the shape (2,), in which no images come; fetch it again."


def test_training_and_test_images_of_different_sizes_are_refused(tmp_path):
    write_idx(tmp_path / "mine", **{"t10k-images-idx3-ubyte": np.zeros((2, 9, 10), np.uint8)})
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "raw")
    assert "training images of 8 x 8 pixels and test images of 9 x 10" in message
