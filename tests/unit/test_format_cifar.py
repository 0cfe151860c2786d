"""CIFAR-10 and CIFAR-100, binary version."""

import pickle

import numpy as np
import pytest

from resgrad.datasets.formats import cifar
from tests.unit.raw_sets import CIFAR10, CIFAR100, brought, refusal, write_tar


def test_cifar_10_is_read_record_by_record(tmp_path):
    raw = brought(cifar, write_tar(tmp_path / "cifar-10-binary.tar.gz", CIFAR10), tmp_path / "raw")
    assert sorted(path.name for path in raw.iterdir()) == sorted(CIFAR10.keys() - {"readme.html"})
    with cifar.opened(raw, "mine") as listing:
        assert listing.classes == ["airplane", "automobile", "bird"]
        assert listing.labels.tolist() == [0, 1, 2, 0, 1, 2] * 5 + [0, 1, 2, 0]
        assert listing.splits == ["train"] * 30 + ["test"] * 4
        image = listing.read(7)
        record = CIFAR10["data_batch_2.bin"][3073 : 2 * 3073]
        assert image.shape == (32, 32, 3)
        for channel, (row, column) in ((0, (0, 0)), (1, (3, 5)), (2, (31, 30))):
            assert image[row, column, channel] == record[1 + 1024 * channel + 32 * row + column]


def test_cifar_comes_unpacked_too_and_in_any_compression(tmp_path):
    first = brought(cifar, write_tar(tmp_path / "a.tar.gz", CIFAR10), tmp_path / "one")
    (tmp_path / "tree/inner").mkdir(parents=True)
    for name, content in CIFAR10.items():
        (tmp_path / "tree/inner" / name).write_bytes(content)
    for number, source in enumerate(
        [tmp_path / "tree", write_tar(tmp_path / "a.tar.xz", CIFAR10, "w:xz", prefix="./")]
    ):
        again = brought(cifar, source, tmp_path / f"again-{number}")
        assert {path.name: path.read_bytes() for path in again.iterdir()} == {
            path.name: path.read_bytes() for path in first.iterdir()
        }


def test_cifar_100_has_its_fine_labels(tmp_path):
    raw = brought(cifar, write_tar(tmp_path / "a.tar.gz", CIFAR100), tmp_path / "raw")
    with cifar.opened(raw, "mine") as listing:
        assert listing.classes == ["apple", "aquarium_fish", "baby"]
        assert listing.labels.tolist() == [0, 1, 2] * 3 + [0, 1, 2, 0]
        assert listing.read(12)[0, 0, 0] == CIFAR100["test.bin"][3 * 3074 + 2]


def test_a_class_has_a_line_of_its_own(tmp_path):
    names = "\ufeffpolar bear\r\n\nstreet car\r\nowl\n"
    path = write_tar(tmp_path / "a.tar.gz", {**CIFAR10, "batches.meta.txt": names.encode()})
    with cifar.opened(brought(cifar, path, tmp_path / "raw"), "mine") as listing:
        assert listing.classes == ["polar bear", "street car", "owl"]


def test_the_python_version_is_refused_and_never_loaded(tmp_path):
    class Bomb:
        def __reduce__(self):
            return pytest.fail, ("a pickle was loaded",)

    files = {"data_batch_1": pickle.dumps(Bomb()), "test_batch": b"", "batches.meta": b""}
    message = refusal(cifar, write_tar(tmp_path / "cifar-10-python.tar.gz", files), tmp_path / "raw")
    assert "the Python version of CIFAR, pickles, which are never loaded; use the binary version" in message
    assert "cifar-10-binary.tar.gz" in message


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"data_batch_4.bin": None}, "mine lacks data_batch_4.bin of CIFAR-10"),
        ({"batches.meta.txt": None}, "mine lacks batches.meta.txt"),
        (
            {"test_batch.bin": b"x" * 3072},
            "test_batch.bin has 3,072 bytes, which are no whole number of records of 3,073",
        ),
        ({"test_batch.bin": b""}, "test_batch.bin has 0 bytes"),
        ({"batches.meta.txt": b"cat\ndog\ncat\n"}, "mine has two classes named 'cat' in batches.meta.txt; rename one."),
        ({"batches.meta.txt": b"airplane\n"}, "mine has the label 2, and batches.meta.txt only 1 names"),
    ],
)
def test_what_is_not_whole_is_named(tmp_path, changes, said):
    files = {name: content for name, content in {**CIFAR10, **changes}.items() if content is not None}
    assert said in refusal(cifar, write_tar(tmp_path / "a.tar.gz", files), tmp_path / "raw")


def test_what_is_no_cifar_is_refused(tmp_path):
    (tmp_path / "zip").write_bytes(b"PK")
    assert "mine is no tar archive" in refusal(cifar, tmp_path / "zip", tmp_path / "one")
    (tmp_path / "empty").mkdir()
    assert "mine holds no file of the binary version of CIFAR" in refusal(cifar, tmp_path / "empty", tmp_path / "two")


def write_tree(path, files):
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("make", [write_tree, lambda path, files: write_tar(path, files, prefix="")])
def test_of_two_different_files_of_one_name_none_is_taken(tmp_path, make):
    files = {**{f"a/{name}": content for name, content in CIFAR10.items()}, "b/readme.html": b"other"}
    files["b/test_batch.bin"] = CIFAR10["test_batch.bin"]
    brought(cifar, make(tmp_path / "same", files), tmp_path / "raw")
    files["b/test_batch.bin"] = CIFAR10["test_batch.bin"][::-1]
    assert refusal(cifar, make(tmp_path / "differ", files), tmp_path / "raw-2") == (
        "mine holds a/test_batch.bin and b/test_batch.bin, which differ; remove one."
    )


def test_of_two_sets_none_is_taken(tmp_path):
    files = {
        f"{folder}/{name}": content
        for folder, own in (("10", CIFAR10), ("100", CIFAR100))
        for name, content in own.items()
    }
    said = "mine holds CIFAR-10 and CIFAR-100; give the folder of one."
    assert refusal(cifar, write_tree(tmp_path / "mine", files), tmp_path / "raw") == said


def test_a_huge_file_is_refused_if_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(cifar, "MAX_BYTES", 6 * 3073)
    tree = write_tree(tmp_path / "mine", {**CIFAR10, "movie.mp4": b"x" * 20_000})
    brought(cifar, tree, tmp_path / "raw")
    monkeypatch.setattr(cifar, "MAX_BYTES", 6 * 3073 - 1)
    assert "mine/data_batch_1.bin has more than the 18,437 bytes" in refusal(cifar, tree, tmp_path / "raw-2")


@pytest.mark.real
def test_the_first_4000_real_records_of_cifar_10_are_read(real_data, tmp_path):
    content = (real_data / "cifar10/data_batch_1.first-4000.bin").read_bytes()
    for name in [name for name in CIFAR10 if name.endswith(".bin")]:
        (tmp_path / name).write_bytes(content)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names))
    with cifar.opened(tmp_path, "mine") as listing:
        assert listing.classes == names
        # The set's first images, according to its page and torchvision: a frog, two trucks, a deer.
        assert [names[label] for label in listing.labels[:4]] == ["frog", "truck", "truck", "deer"]
        assert np.bincount(listing.labels[:4000]).tolist() == [content[0::3073].count(label) for label in range(10)]
        assert listing.read(0)[0, 0].tolist() == [59, 62, 63]
