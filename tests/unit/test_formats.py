"""The formats, one by one, and what all of them must offer."""

import gzip
import io
import pickle
import shutil
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from resgrad.common.errors import ResgradError
from resgrad.common.kinds import kinds, load_kind
from resgrad.datasets import formats, idx, tars
from resgrad.datasets.archives import ArchiveError
from resgrad.datasets.formats import cifar, folder
from resgrad.datasets.formats import idx as idx_format
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.preprocess import preprocess
from resgrad.study import DatasetSection

CHECKED = {"idx", "cifar", "folder"}
"""Formats with tests of their own in this file; a new one is added here together with them."""


def brought(data_format, source: Path, target: Path) -> Path:
    target.mkdir()
    data_format.bring(source, target, "mine")
    return target


def refusal(data_format, source: Path, target: Path) -> str:
    with pytest.raises(ResgradError) as caught, data_format.opened(brought(data_format, source, target), "mine"):
        pass
    assert "\n" not in str(caught.value)
    assert str(target) not in str(caught.value)
    return str(caught.value)


# --- all of them


def test_no_format_is_without_its_checks():
    assert set(kinds(formats)) == CHECKED


@pytest.mark.parametrize("name", kinds(formats))
def test_a_format_has_a_default_for_every_key_but_two(name):
    kind = load_kind(formats, name)
    assert kind.DEFAULTS.keys() == DatasetSection.model_fields.keys() - {"format", "source"}
    section = DatasetSection.model_validate({"format": name, "source": "somewhere"})
    assert (section.test_fraction is None) == kind.BRINGS_TEST
    assert kind.__doc__
    for function in ("bring", "opened"):
        assert getattr(kind, function).__doc__


def test_a_new_format_is_one_file(tmp_path, monkeypatch):
    """A text file of numbers, one image of 8 x 8 pixels of one brightness a line."""
    package = tmp_path / "package"
    package.mkdir()
    (package / "toy.py").write_text(
        "from contextlib import contextmanager\n"
        "import numpy as np\n"
        "from resgrad.datasets.listing import Listing\n"
        "@contextmanager\n"
        "def opened(folder, shown):\n"
        "    values = [int(line) for line in (folder / 'toy.txt').read_text().split()]\n"
        "    yield Listing(\n"
        "        classes=['dark', 'light'],\n"
        "        labels=np.array([int(value > 100) for value in values]),\n"
        "        id_of=lambda place: f'line-{place}',\n"
        "        read=lambda place: np.full((8, 8), values[place], np.uint8),\n"
        "        marks=values,\n"
        "    )\n"
    )
    monkeypatch.setattr(formats, "__path__", [*formats.__path__, str(package)])
    raw = tmp_path / "raw"
    raw.mkdir()
    (raw / "provenance.json").write_text('{"provenance": "custom"}')
    (raw / "toy.txt").write_text("\n".join(map(str, range(200))))
    config = PreprocessConfig(
        image_size=8, color="grey", train_limit=None, validation_fraction=0.2, test_fraction=0.2, split="random"
    )
    try:
        metrics = preprocess(raw, tmp_path / "shards", config, format_name="toy")["custom"]
    finally:
        sys.modules.pop("resgrad.datasets.formats.toy", None)
    assert "toy" in kinds(formats)
    assert metrics["counts"]["test"] == {"dark": 20, "light": 20}


# --- idx

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


def test_one_file_in_two_spellings_is_taken_once_and_two_different_ones_are_refused(tmp_path):
    """Kaggle's MNIST holds every file twice."""
    write_idx(tmp_path / "mine", SPELLINGS["with a dot"])
    write_idx(tmp_path / "mine", SPELLINGS["each in its folder"])
    brought(idx_format, tmp_path / "mine", tmp_path / "raw")
    write_idx(tmp_path / "mine", SPELLINGS["EMNIST's"], **{"t10k-labels-idx1-ubyte": np.array([1, 1], np.uint8)})
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "again")
    assert "mine holds emnist-letters-test-labels-idx1-ubyte.gz and " in message
    assert "which differ, and either could be t10k-labels-idx1-ubyte.gz; remove one." in message


def test_a_missing_idx_file_is_named_as_the_user_would_name_it(tmp_path):
    (write_idx(tmp_path / "mine") / "train-labels-idx1-ubyte.gz").unlink()
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "raw")
    assert message.startswith("mine holds no train-labels-idx1-ubyte.gz, nor train-labels-idx1-ubyte; ")


def test_training_and_test_images_of_different_sizes_are_refused(tmp_path):
    write_idx(tmp_path / "mine", **{"t10k-images-idx3-ubyte": np.zeros((2, 9, 10), np.uint8)})
    message = refusal(idx_format, tmp_path / "mine", tmp_path / "raw")
    assert "training images of 8 x 8 pixels and test images of 9 x 10" in message


# --- cifar


def records(count: int, seed: int, labels: int = 1, classes: int = 3) -> bytes:
    generator = np.random.default_rng(seed)
    values = generator.integers(0, 256, (count, labels + 3072), dtype=np.uint8)
    values[:, :labels] = 9  # the coarse label of CIFAR-100, which is not used
    values[:, labels - 1] = np.arange(count) % classes
    return values.tobytes()


CIFAR10 = {
    **{f"data_batch_{number}.bin": records(6, number) for number in range(1, 6)},
    "test_batch.bin": records(4, 6),
    "batches.meta.txt": b"airplane\nautomobile\nbird\n\n",
    "readme.html": b"<html>",
}
CIFAR100 = {
    "train.bin": records(9, 1, labels=2),
    "test.bin": records(4, 2, labels=2),
    "fine_label_names.txt": b"apple\naquarium_fish\nbaby\n",
    "coarse_label_names.txt": b"fish\n",
}


def write_tar(path: Path, files: dict[str, bytes], mode: str = "w:gz", prefix: str = "cifar-10-batches-bin/") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(prefix + name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return path


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


# --- tar


def test_a_damaged_tar_is_refused(tmp_path):
    path = write_tar(tmp_path / "a.tar.gz", CIFAR10)
    whole = path.read_bytes()
    for share in (0.5, 0.9, 0.99):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ArchiveError, match=r"^mine (cannot be read as a tar|is cut short)"):
            [member.read() for member in tars.members(path, "mine", max_bytes=2**20)]


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("../x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("/etc/x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("a/../../x.bin", tarfile.REGTYPE, "leads out of the archive"),
        ("link.bin", tarfile.SYMTYPE, "is a link, a device or a sparse file"),
        ("link.bin", tarfile.LNKTYPE, "is a link, a device or a sparse file"),
        ("device", tarfile.CHRTYPE, "is a link, a device or a sparse file"),
        ("back\\slash", tarfile.REGTYPE, "has a backslash"),
    ],
)
def test_a_hostile_tar_is_refused(tmp_path, name, kind, said):
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        entry = tarfile.TarInfo(name)
        entry.type, entry.linkname = kind, "/etc/passwd"
        archive.addfile(entry, io.BytesIO())
    with pytest.raises(ArchiveError, match=f"mine cannot be trusted: its entry .* {said}"):
        list(tars.members(tmp_path / "a.tar", "mine", max_bytes=100))


def test_a_tar_of_huge_or_doubled_entries_is_refused(tmp_path, monkeypatch):
    path = write_tar(tmp_path / "a.tar", {"x": b"x" * 50, "y": b"y" * 50}, "w")
    with pytest.raises(ArchiveError, match="has 50 bytes, where 49 are allowed"):
        list(tars.members(path, "mine", max_bytes=49))
    monkeypatch.setattr(tars, "MAX_TOTAL_BYTES", 99)
    with pytest.raises(ArchiveError, match="more than"):
        list(tars.members(path, "mine", max_bytes=50))
    with tarfile.open(tmp_path / "b.tar", "w") as archive:
        for _ in range(2):
            archive.addfile(tarfile.TarInfo("x"))
    with pytest.raises(ArchiveError, match="'x' is there twice"):
        list(tars.members(tmp_path / "b.tar", "mine", max_bytes=50))


# --- folder

FILES = {"top/cat/1.jpg": b"one", "top/cat/2.JPEG": b"two", "top/dog/1.png": b"three", "top/dog/notes.txt": b"words"}


def write_zip(path: Path) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return path


def write_tree(path: Path) -> Path:
    for name, content in FILES.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize("make", [write_zip, write_tree, lambda path: write_tar(path, FILES, prefix="")])
def test_a_folder_a_zip_and_a_tar_give_the_same_listing(tmp_path, make):
    raw = brought(folder, make(tmp_path / "mine"), tmp_path / "raw")
    with folder.opened(raw, "mine") as listing:
        assert listing.classes == ["cat", "dog"]
        assert listing.labels.tolist() == [0, 0, 1]
        assert listing.splits is None
        assert listing.names == ["1.jpg", "2.JPEG", "1.png"]
        assert [listing.read(place) for place in range(3)] == [b"one", b"two", b"three"]
        assert listing.id_of(1) == "top/cat/2.JPEG"
        assert listing.passed_over == {".txt": (1, "top/dog/notes.txt")}
        assert listing.folders == {"cat": {"top/cat": 2}, "dog": {"top/dog": 1}}


def test_a_tree_that_has_nothing_but_training_is_split_like_any_other(tmp_path):
    shutil.copytree(write_tree(tmp_path / "tree") / "top", tmp_path / "mine/train")
    with folder.opened(brought(folder, tmp_path / "mine", tmp_path / "raw"), "mine") as listing:
        assert listing.classes == ["cat", "dog"]
        assert listing.splits is None


def test_an_empty_class_folder_on_disk_is_refused(tmp_path):
    (write_tree(tmp_path / "mine") / "top/bird").mkdir()
    assert "mine holds top/bird/, which is empty" in refusal(folder, tmp_path / "mine", tmp_path / "raw")


def test_what_is_neither_zip_nor_tar_is_refused(tmp_path):
    (tmp_path / "mine").write_bytes(b"<html>")
    assert "mine cannot be read as a zip file" in refusal(folder, tmp_path / "mine", tmp_path / "raw")


@pytest.mark.real
def test_the_first_4000_real_records_of_cifar_10_are_read(real_data, tmp_path):
    content = (real_data / "cifar10/data_batch_1.first-4000.bin").read_bytes()
    for name in [name for name in CIFAR10 if name.endswith(".bin")]:
        (tmp_path / name).write_bytes(content)
    names = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"]
    (tmp_path / "batches.meta.txt").write_text("\n".join(names))
    with cifar.opened(tmp_path, "mine") as listing:
        assert listing.classes == names
        # The set's first images, as its page and torchvision show them: a frog, two trucks, a deer.
        assert [names[label] for label in listing.labels[:4]] == ["frog", "truck", "truck", "deer"]
        assert np.bincount(listing.labels[:4000]).tolist() == [content[0::3073].count(label) for label in range(10)]
        assert listing.read(0)[0, 0].tolist() == [59, 62, 63]
