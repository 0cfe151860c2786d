"""A folder of class folders, unpacked or packed."""

import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from resgrad.datasets import archives, packing
from resgrad.datasets.formats import folder
from tests.unit.raw_sets import brought, refusal, write_tar

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


@pytest.mark.parametrize("make", [write_zip, write_tree, lambda path: write_tar(path, FILES, prefix="")])
def test_files_that_are_not_looked_at_may_have_any_size_and_images_not(tmp_path, monkeypatch, make):
    for module in (archives, packing):
        monkeypatch.setattr(module, "MAX_IMAGE_BYTES", 5)
    monkeypatch.setitem(FILES, "top/dog/notes.txt", b"longer than any image")
    with folder.opened(brought(folder, make(tmp_path / "mine"), tmp_path / "raw"), "mine") as listing:
        assert listing.passed_over == {".txt": (1, "top/dog/notes.txt")}
    monkeypatch.setitem(FILES, "top/dog/1.png", b"longer")
    assert "top/dog/1.png" in refusal(folder, make(tmp_path / "again"), tmp_path / "raw-2")


def test_a_tree_that_has_nothing_but_training_is_split_like_any_other(tmp_path):
    shutil.copytree(write_tree(tmp_path / "tree") / "top", tmp_path / "mine/train")
    with folder.opened(brought(folder, tmp_path / "mine", tmp_path / "raw"), "mine") as listing:
        assert listing.classes == ["cat", "dog"]
        assert listing.splits is None


def test_an_empty_class_folder_on_disk_is_refused(tmp_path):
    (write_tree(tmp_path / "mine") / "top/bird").mkdir()
    assert "mine holds top/bird/, which is empty" in refusal(folder, tmp_path / "mine", tmp_path / "raw")


@pytest.mark.parametrize(
    "content", [b"<html>", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\7\1", b"\x28\xb5\x2f\xfd", b"\x89PNG"]
)
def test_what_is_neither_zip_nor_tar_is_refused(tmp_path, content):
    (tmp_path / "mine").write_bytes(content * 300)
    assert refusal(folder, tmp_path / "mine", tmp_path / "raw") == (
        "mine is neither a zip nor a tar (plain, or compressed with gzip, bzip2 or xz); fetch it again if it should be "
        "one, or give a folder of class folders."
    )


def test_a_zip_may_have_something_before_it(tmp_path):
    write_tree(tmp_path / "tree")
    shutil.make_archive(str(tmp_path / "mine"), "zip", tmp_path / "tree")
    (tmp_path / "mine.zip").write_bytes(b"MZ, a program that unpacks itself" + (tmp_path / "mine.zip").read_bytes())
    with folder.opened(brought(folder, tmp_path / "mine.zip", tmp_path / "raw"), "mine") as listing:
        assert listing.classes == ["cat", "dog"]


@pytest.mark.parametrize("content", [b"PK\3\4", b"\x1f\x8b", b"BZh9"])
def test_an_archive_of_which_only_the_beginning_is_there_is_refused(tmp_path, content):
    (tmp_path / "mine").write_bytes(content)
    assert "cut short or damaged; fetch it again" in refusal(folder, tmp_path / "mine", tmp_path / "raw")


def test_an_empty_class_folder_in_a_tar_is_refused(tmp_path):
    tree = write_tree(tmp_path / "tree")
    (tree / "top/bird").mkdir()
    for mode, name in {"w": "set", "w:gz": "."}.items():
        with tarfile.open(tmp_path / "mine.tar", mode) as archive:
            archive.add(tree, name)
        message = refusal(folder, tmp_path / "mine.tar", tmp_path / f"raw-{mode[1:]}")
        assert f"mine holds {f'{name}/'.removeprefix('./')}top/bird/, which is empty" in message
    (tree / "top/bird/1.jpg").write_bytes(b"tweet")
    with tarfile.open(tmp_path / "mine.tar", "w") as archive:
        archive.add(tree, "set")
    raw = brought(folder, tmp_path / "mine.tar", tmp_path / "raw")
    with folder.opened(raw, "mine") as listing:
        assert listing.classes == ["bird", "cat", "dog"]
