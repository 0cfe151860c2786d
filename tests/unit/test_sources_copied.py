"""What of a source is brought in, from a folder, a zip, an address or the package, and what is said of it."""

import gzip
import json
import shutil
import zipfile
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from resgrad.datasets import idx, known
from resgrad.download import http, sources
from tests.unit.hostile_server import break_off
from tests.unit.small_sources import DIGITS, checksums_of, provenance_of

LEAVES = {"Potato___healthy": {"1": ["a.JPG", "b.JPG"]}}


def test_a_folder_of_digits_is_copied_and_called_custom(bring, digits):
    (digits / "more.txt").write_text("left behind")
    folder = bring("mnist", digits)
    assert provenance_of(folder) == "custom"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*DIGITS, "provenance.json"])
    for name in DIGITS:
        assert (folder / name).read_bytes() == (digits / name).read_bytes()


def test_unzipped_digits_are_zipped_the_same_way_each_time(bring, digits):
    for name in DIGITS:
        (digits / name.removesuffix(".gz")).write_bytes(gzip.decompress((digits / name).read_bytes()))
        (digits / name).unlink()
    folder = bring("mnist", digits)
    for name, array in DIGITS.items():
        np.testing.assert_array_equal(idx.read(folder / name, max_bytes=100), array)
    first = checksums_of(folder)
    assert checksums_of(bring("mnist", digits)) == first


def test_the_place_that_files_came_from_leaves_no_trace(bring, digits, tmp_path):
    first = checksums_of(bring("mnist", digits))
    shutil.copytree(digits, tmp_path / "elsewhere")
    assert checksums_of(bring("mnist", tmp_path / "elsewhere")) == first


@pytest.mark.parametrize("end", ["/", ""])
def test_digits_come_from_an_address(bring, digits, server, end):
    for name in DIGITS:
        server.add(f"/set/{name}", (digits / name).read_bytes())
    folder = bring("mnist", server.url(f"/set{end}?signature=secret"))
    assert provenance_of(folder) == "custom"
    assert {request.path for request in server.requests} == {f"/set/{name}?signature=secret" for name in DIGITS}


def test_the_embedded_sample_is_called_so(bring, digits, leaves, monkeypatch):
    samples = {
        "mnist": lambda folder: shutil.copytree(digits, folder, dirs_exist_ok=True),
        "plantvillage": lambda folder: shutil.copyfile(leaves, folder / "images.zip"),
    }
    formats = {"mnist": "idx", "plantvillage": "folder"}
    monkeypatch.setattr(
        sources, "SAMPLES", {name: known.Sample(formats[name], write) for name, write in samples.items()}
    )
    assert provenance_of(bring("mnist", "embedded")) == "embedded"
    shutil.rmtree(bring.raw)
    assert provenance_of(bring("plantvillage", "embedded")) == "embedded"


def test_a_zip_is_kept_as_it_is(bring, leaves):
    folder = bring("plantvillage", leaves)
    assert (folder / "images.zip").read_bytes() == leaves.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["images.zip", "provenance.json"]
    assert provenance_of(folder) == "custom"


def test_a_folder_becomes_a_zip(bring, leaves, tmp_path):
    with zipfile.ZipFile(leaves) as opened:
        opened.extractall(tmp_path / "tree")
    folder = bring("plantvillage", tmp_path / "tree")
    with zipfile.ZipFile(folder / "images.zip") as opened:
        assert opened.namelist() == ["PlantVillage/Potato___healthy/a.JPG", "PlantVillage/Potato___late/b.JPG"]
    assert provenance_of(folder) == "custom"


def test_a_zip_comes_from_an_address_and_goes_on_where_it_broke_off(bring, leaves, server, monkeypatch):
    monkeypatch.setattr(http, "LONGEST_PAUSE", 0)
    url = server.add("/leaves.zip", leaves.read_bytes(), [break_off(100)])
    folder = bring("plantvillage", url)
    assert (folder / "images.zip").read_bytes() == leaves.read_bytes()
    assert provenance_of(folder) == "custom"
    assert list(bring.partials.iterdir()) == []


def test_a_leaf_map_comes_along(bring, leaves, server, tmp_path):
    text = json.dumps(LEAVES).encode()
    (tmp_path / "map.json").write_bytes(text)
    folder = bring("plantvillage", leaves, tmp_path / "map.json")
    assert (folder / "leaf-map.json").read_bytes() == text
    assert provenance_of(folder) == "custom"
    folder = bring("plantvillage", leaves, server.add("/map.json", text))
    assert (folder / "leaf-map.json").read_bytes() == text


def test_what_is_found_passed_over_or_of_no_use_is_said_in_one_line(bring, tmp_path):
    good = BytesIO()
    Image.new("RGB", (4, 4)).save(good, "PNG")
    files = {f"set/{label}/{n}.png": good.getvalue() for label in "ab" for n in range(2)}
    files |= {"set/a/x.png": b"<html>", "set/b/y.jpg": b"<html>", "set/notes.txt": b"", "set/.DS_Store": b""}
    for name, content in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    bring("plantvillage", tmp_path / "set")
    assert bring.said == (
        "plantvillage: 6 images in 2 classes. Passed over: 1 .txt (such as notes.txt), 1 hidden (such as .DS_Store). "
        f"2 cannot be used (not an image) and will be left out: {tmp_path}/set/a/x.png, {tmp_path}/set/b/y.jpg."
    )
    assert "\n" not in bring.said


def test_splits_of_the_set_are_said(bring, digits):
    bring("mnist", digits)
    assert bring.said == "mnist: 3 images in 3 classes. It brings its own splits: 2 train, 1 test."


@pytest.mark.real
def test_the_real_plantvillage_is_accepted(bring, real_data):
    leaves = real_data / "plantvillage"
    folder = bring("plantvillage", leaves / "plantvillage-subset.zip", leaves / "leaf-map.json")
    assert provenance_of(folder) == "custom"
