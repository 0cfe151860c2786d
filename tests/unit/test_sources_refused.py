"""Sources that are missing, damaged, hostile or something else: each is refused, and named in one line."""

import shutil
import zipfile
from pathlib import Path

import pytest

from resgrad.datasets.formats import idx as idx_format
from resgrad.download.sources import SourceError
from tests.unit.small_sources import DIGITS, checksums_of


def test_a_missing_file_is_named(bring, digits):
    (digits / "t10k-labels-idx1-ubyte.gz").unlink()
    assert f"{digits} holds no t10k-labels-idx1-ubyte.gz; format idx wants " in bring.fails("mnist", digits)


def test_a_damaged_file_is_named(bring, digits):
    path = digits / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-10])
    assert f"{path} is damaged" in bring.fails("mnist", digits)


@pytest.mark.parametrize("dataset", ["mnist", "plantvillage"])
@pytest.mark.parametrize("source", ["oficial", "../nowhere", "~nobody-at-all/data"])
def test_a_source_that_does_not_exist_is_named(bring, dataset, source):
    assert f"data.{dataset}.source is {source}, and no such file" in bring.fails(dataset, source)


@pytest.mark.parametrize("dataset", ["mnist", "plantvillage"])
@pytest.mark.parametrize("source", ["http://[::1", "http://", "ftp://host/set.zip"])
def test_what_is_no_address_is_named(bring, dataset, source):
    assert "it must be of the form http://host/path or https://host/path" in bring.fails(dataset, source)


def test_a_file_in_place_of_a_folder_is_named(bring, leaves):
    assert f"{leaves} is a file; format idx wants a folder" in bring.fails("mnist", leaves)


def test_a_link_that_leads_out_is_refused(bring, digits, tmp_path):
    name = "train-labels-idx1-ubyte.gz"
    (digits / name).rename(tmp_path / name)
    (digits / name).symlink_to(tmp_path / name)
    assert f"{digits}/{name} is a link that leads out" in bring.fails("mnist", digits)


def test_a_file_that_may_not_be_read_is_named(bring, digits, monkeypatch):
    def deny(path: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(idx_format.idx, "read", deny)
    assert f"{digits}/train-images-idx3-ubyte.gz cannot be read or written: Permission denied" in bring.fails(
        "mnist", digits
    )


def test_a_full_disk_is_named(bring, digits, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(shutil, "copyfile", full)
    assert f"{bring.raw}/mnist cannot be read or written: No space left on device" in bring.fails("mnist", digits)


def test_a_web_page_in_place_of_digits_is_named(bring, server):
    for name in DIGITS:
        server.add(f"/set/{name}", b"<html>Log in first</html>")
    message = bring.fails("mnist", server.url("/set/?signature=secret"))
    assert f"What {server.url('/set/')} sent/train-images-idx3-ubyte.gz is not an IDX file" in message
    assert "secret" not in message


def test_a_folder_without_classes_is_refused(bring, tmp_path):
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat/a.jpg").write_bytes(b"")
    assert "one folder of images per class" in bring.fails("plantvillage", tmp_path / "flat")


def test_hostile_zips_are_refused_wherever_they_come_from(bring, server, tmp_path):
    path = tmp_path / "hostile.zip"
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("a/../../x.jpg", b"")
    assert f"{path} cannot be trusted" in bring.fails("plantvillage", path)
    url = server.add("/hostile.zip", path.read_bytes())
    message = bring.fails("plantvillage", url)
    assert f"What {url} sent cannot be trusted" in message
    assert "leads out of the archive" in message


def test_an_address_that_does_not_exist_is_named(bring, server):
    assert f"{server.url('/nothing.zip')} cannot be downloaded" in bring.fails(
        "plantvillage", server.url("/nothing.zip")
    )


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("[]", "no leaf map; it must be JSON"),
        ("{", "no leaf map; it must be JSON"),
        ('{"a": ["b.jpg"]}', "(see a > 0)"),
        ('{"a": {"1": "b.jpg"}}', "(see a > 1)"),
        ('{"a": {"1": [2]}}', "(see a > 1 > 0)"),
    ],
)
def test_what_is_no_leaf_map_is_refused(bring, leaves, tmp_path, text, where):
    path = tmp_path / "map.json"
    path.write_text(text)
    message = bring.fails("plantvillage", leaves, path)
    assert f"{path} is no leaf map" in message
    assert where in message


def test_a_web_page_in_place_of_a_leaf_map_is_named(bring, leaves, server):
    url = server.add("/map.json", b"<html>")
    assert f"What {url} sent is no leaf map" in bring.fails("plantvillage", leaves, url)


def test_a_leaf_map_that_does_not_exist_is_named(bring, leaves, tmp_path):
    assert "data.plantvillage.leaf_map is" in bring.fails("plantvillage", leaves, tmp_path / "map.json")


def test_what_was_there_stays_when_the_next_download_fails(bring, leaves, tmp_path):
    folder = bring("plantvillage", leaves)
    before = checksums_of(folder)
    with pytest.raises(SourceError):
        bring("plantvillage", tmp_path / "nowhere.zip")
    assert checksums_of(folder) == before


def test_a_leaf_map_of_other_images_is_refused_by_its_own_path(bring, leaves, tmp_path):
    path = tmp_path / "map.json"
    path.write_text('{"Potato___healthy": {"1": ["z.JPG"]}}')
    assert f"{path} names none of the 2 images" in bring.fails("plantvillage", leaves, path)
    assert f"{tmp_path} is a folder and no leaf map" in bring.fails("plantvillage", leaves, tmp_path)
