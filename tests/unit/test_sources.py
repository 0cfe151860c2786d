import gzip
import hashlib
import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from resgrad.common.errors import ResgradError
from resgrad.datasets import idx, known
from resgrad.datasets.config import SourceConfig
from resgrad.datasets.formats import idx as idx_format
from resgrad.download import http, kaggle, sources
from resgrad.download.sources import SourceError
from resgrad.download.store import CHECKSUM
from tests.unit.hostile_server import HostileServer, break_off, forever, send, status

DIGITS = {
    "train-images-idx3-ubyte.gz": np.arange(32, dtype=np.uint8).reshape(2, 4, 4),
    "train-labels-idx1-ubyte.gz": np.array([5, 0], np.uint8),
    "t10k-images-idx3-ubyte.gz": np.arange(16, dtype=np.uint8).reshape(1, 4, 4),
    "t10k-labels-idx1-ubyte.gz": np.array([7], np.uint8),
}
LEAVES = {"Potato___healthy": {"1": ["a.JPG", "b.JPG"]}}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[HostileServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with HostileServer() as server:
        yield server


@pytest.fixture
def digits(tmp_path: Path) -> Path:
    """A folder with four small files with MNIST's names."""
    for name, array in DIGITS.items():
        idx.write(tmp_path / "digits" / name, array)
    return tmp_path / "digits"


@pytest.fixture
def leaves(tmp_path: Path) -> Path:
    """A zip with two classes."""
    with zipfile.ZipFile(tmp_path / "leaves.zip", "w") as opened:
        opened.writestr("PlantVillage/Potato___healthy/a.JPG", b"one")
        opened.writestr("PlantVillage/Potato___late/b.JPG", b"two")
    return tmp_path / "leaves.zip"


class Bring:
    """Downloads into folders of its own."""

    def __init__(self, folder: Path) -> None:
        self.raw = folder / "data" / "raw"
        self.partials = folder / "partials"
        self.store = folder / "store"
        self.said = ""

    def __call__(self, dataset: str, source: object, leaf_map: object = None) -> Path:
        target = self.raw / dataset
        data_format = "idx" if dataset == "mnist" else "folder"
        config = SourceConfig(format=data_format, source=str(source), leaf_map=leaf_map and str(leaf_map))
        self.said = sources.download(dataset, config, target, partials=self.partials, store=self.store)
        assert sorted(path.name for path in self.raw.iterdir()) == [dataset]
        return target

    def fails(self, dataset: str, source: object, leaf_map: object = None) -> str:
        with pytest.raises(ResgradError) as caught:
            self(dataset, source, leaf_map)
        assert not self.raw.exists() or not list(self.raw.iterdir())
        assert "\n" not in str(caught.value)
        return str(caught.value)


@pytest.fixture
def bring(tmp_path: Path) -> Bring:
    return Bring(tmp_path)


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch, digits: Path) -> None:
    """Use the small files as the official ones."""
    checksums = {name: f"sha256:{_checksums(digits)[name]}" for name in DIGITS}
    monkeypatch.setattr(sources, "OFFICIAL", {"mnist": known.Official("idx", (), checksums)})


@pytest.fixture
def mirrors(monkeypatch: pytest.MonkeyPatch, server: HostileServer, digits: Path, official: None) -> HostileServer:
    """Two mirrors of the small files, /one/ and /two/."""
    for mirror in ("one", "two"):
        for name in DIGITS:
            server.add(f"/{mirror}/{name}", (digits / name).read_bytes())
    folders = (server.url("/one/"), server.url("/two/"))
    monkeypatch.setitem(sources.OFFICIAL, "mnist", sources.OFFICIAL["mnist"]._replace(mirrors=folders))
    return server


def _checksums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def _provenance(folder: Path) -> str:
    """Return the provenance, after comparing all files with their checksums."""
    written = json.loads((folder / "provenance.json").read_text())
    checksums = _checksums(folder)
    del checksums["provenance.json"]
    assert written == {"provenance": written["provenance"], "files": checksums}
    return written["provenance"]


# --- MNIST -------------------------------------------------------------------------------------------------------


def test_a_folder_of_digits_is_copied_and_called_custom(bring, digits):
    (digits / "more.txt").write_text("left behind")
    folder = bring("mnist", digits)
    assert _provenance(folder) == "custom"
    assert sorted(path.name for path in folder.iterdir()) == sorted([*DIGITS, "provenance.json"])
    for name in DIGITS:
        assert (folder / name).read_bytes() == (digits / name).read_bytes()


@pytest.mark.usefixtures("official")
def test_official_files_are_known_by_their_bytes(bring, digits):
    assert _provenance(bring("mnist", digits)) == "official"
    idx.write(digits / "t10k-labels-idx1-ubyte.gz", np.array([8], np.uint8))
    assert _provenance(bring("mnist", digits)) == "custom"


def test_all_official_files_have_checksums_and_a_mirror():
    files = {name: checksum for official in known.OFFICIAL.values() for name, checksum in official.files.items()}
    assert all(CHECKSUM.fullmatch(checksum) for checksum in files.values())
    assert len({*files.values()}) == len(files) == 4 + 2  # Fashion-MNIST has MNIST's file names
    assert {len(known.OFFICIAL[name].files) for name in ("mnist", "fashion_mnist")} == {4}
    assert all(official.mirrors for name, official in known.OFFICIAL.items() if name != "plantvillage")


def test_unzipped_digits_are_zipped_the_same_way_each_time(bring, digits):
    for name in DIGITS:
        (digits / name.removesuffix(".gz")).write_bytes(gzip.decompress((digits / name).read_bytes()))
        (digits / name).unlink()
    folder = bring("mnist", digits)
    for name, array in DIGITS.items():
        np.testing.assert_array_equal(idx.read(folder / name, max_bytes=100), array)
    first = _checksums(folder)
    assert _checksums(bring("mnist", digits)) == first


def test_the_place_that_files_came_from_leaves_no_trace(bring, digits, tmp_path):
    first = _checksums(bring("mnist", digits))
    shutil.copytree(digits, tmp_path / "elsewhere")
    assert _checksums(bring("mnist", tmp_path / "elsewhere")) == first


def test_a_missing_file_is_named(bring, digits):
    (digits / "t10k-labels-idx1-ubyte.gz").unlink()
    assert f"{digits} holds no t10k-labels-idx1-ubyte.gz, nor t10k-labels-idx1-ubyte; " in bring.fails("mnist", digits)


def test_a_damaged_file_is_named(bring, digits):
    path = digits / "train-images-idx3-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-10])
    assert f"{path} is damaged" in bring.fails("mnist", digits)


@pytest.mark.parametrize("dataset", ["mnist", "plantvillage"])
@pytest.mark.parametrize("source", ["oficial", "../nowhere", "~nobody-at-all/data"])
def test_a_source_that_does_not_exist_is_named(bring, dataset, source):
    assert f"data.{dataset}.source is {source}, and no such file" in bring.fails(dataset, source)


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


@pytest.mark.parametrize("end", ["/", ""])
def test_digits_come_from_an_address(bring, digits, server, end):
    for name in DIGITS:
        server.add(f"/set/{name}", (digits / name).read_bytes())
    folder = bring("mnist", server.url(f"/set{end}?signature=secret"))
    assert _provenance(folder) == "custom"
    assert {request.path for request in server.requests} == {f"/set/{name}?signature=secret" for name in DIGITS}


@pytest.mark.usefixtures("official")
def test_official_files_are_known_by_their_bytes_wherever_they_come_from(bring, digits, server):
    for name in DIGITS:
        server.add(f"/set/{name}", (digits / name).read_bytes())
    assert _provenance(bring("mnist", server.url("/set/"))) == "official"


def test_a_web_page_in_place_of_digits_is_named(bring, server):
    for name in DIGITS:
        server.add(f"/set/{name}", b"<html>Log in first</html>")
    message = bring.fails("mnist", server.url("/set/?signature=secret"))
    assert f"What {server.url('/set/')} sent/train-images-idx3-ubyte.gz is not an IDX file" in message
    assert "secret" not in message


def test_official_digits_come_from_the_first_mirror(bring, mirrors, digits):
    folder = bring("mnist", "official")
    assert _provenance(folder) == "official"
    assert {name: digest for name, digest in _checksums(folder).items() if name in DIGITS} == _checksums(digits)
    assert {request.path.split("/")[1] for request in mirrors.requests} == {"one"}


def test_a_mirror_that_fails_is_left_for_the_next_one(bring, mirrors):
    mirrors.add("/one/train-images-idx3-ubyte.gz", script=forever(status(403)))
    assert _provenance(bring("mnist", "official")) == "official"
    assert [request.path.split("/")[1] for request in mirrors.requests] == ["one", "two", "two", "two", "two"]


def test_a_mirror_with_wrong_bytes_is_left_for_the_next_one(bring, mirrors, digits):
    mirrors.add("/one/t10k-labels-idx1-ubyte.gz", script=forever(send(b"wrong")))
    folder = bring("mnist", "official")
    assert _provenance(folder) == "official"
    assert (folder / "t10k-labels-idx1-ubyte.gz").read_bytes() == (digits / "t10k-labels-idx1-ubyte.gz").read_bytes()


def test_when_all_mirrors_fail_each_is_named_with_its_reason(bring, mirrors):
    mirrors.add("/one/t10k-images-idx3-ubyte.gz", script=forever(status(404)))
    mirrors.add("/two/t10k-images-idx3-ubyte.gz", b"wrong")
    message = bring.fails("mnist", "official")
    assert message.startswith("t10k-images-idx3-ubyte.gz cannot be had from any mirror")
    assert "the server answers 404" in message
    assert f"its checksum is sha256:{hashlib.sha256(b'wrong').hexdigest()}" in message
    assert "set data.mnist.source to the path of" in message


def test_official_digits_are_fetched_once(bring, mirrors, digits):
    """DVC deletes the raw files before it downloads again; the files with these checksums have not changed."""
    bring("mnist", "official")
    asked = len(mirrors.requests)
    shutil.rmtree(bring.raw)
    folder = bring("mnist", "official")
    assert {name: digest for name, digest in _checksums(folder).items() if name in DIGITS} == _checksums(digits)
    assert len(mirrors.requests) == asked


def test_what_is_damaged_in_the_store_is_fetched_again(bring, mirrors, digits):
    bring("mnist", "official")
    asked = len(mirrors.requests)
    name = "t10k-labels-idx1-ubyte.gz"
    kept = bring.store / f"sha256-{hashlib.sha256((digits / name).read_bytes()).hexdigest()}"
    kept.write_bytes(b"damaged")
    folder = bring("mnist", "official")
    assert (folder / name).read_bytes() == (digits / name).read_bytes() == kept.read_bytes()
    assert len(mirrors.requests) == asked + 1


def test_only_official_files_are_kept(bring, digits, leaves, server):
    bring("mnist", digits)
    shutil.rmtree(bring.raw)
    bring("plantvillage", leaves)
    bring("plantvillage", server.add("/leaves.zip", leaves.read_bytes()))
    assert not bring.store.exists()


def test_the_embedded_sample_is_called_so(bring, digits, leaves, monkeypatch):
    samples = {
        "mnist": lambda folder: shutil.copytree(digits, folder, dirs_exist_ok=True),
        "plantvillage": lambda folder: shutil.copyfile(leaves, folder / "images.zip"),
    }
    formats = {"mnist": "idx", "plantvillage": "folder"}
    monkeypatch.setattr(
        sources, "SAMPLES", {name: known.Sample(formats[name], write) for name, write in samples.items()}
    )
    assert _provenance(bring("mnist", "embedded")) == "embedded"
    shutil.rmtree(bring.raw)
    assert _provenance(bring("plantvillage", "embedded")) == "embedded"


# --- PlantVillage ------------------------------------------------------------------------------------------------


def test_a_zip_is_kept_as_it_is(bring, leaves):
    folder = bring("plantvillage", leaves)
    assert (folder / "images.zip").read_bytes() == leaves.read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["images.zip", "provenance.json"]
    assert _provenance(folder) == "custom"


def test_a_folder_becomes_a_zip(bring, leaves, tmp_path):
    with zipfile.ZipFile(leaves) as opened:
        opened.extractall(tmp_path / "tree")
    folder = bring("plantvillage", tmp_path / "tree")
    with zipfile.ZipFile(folder / "images.zip") as opened:
        assert opened.namelist() == ["PlantVillage/Potato___healthy/a.JPG", "PlantVillage/Potato___late/b.JPG"]
    assert _provenance(folder) == "custom"


def test_a_folder_without_classes_is_refused(bring, tmp_path):
    (tmp_path / "flat").mkdir()
    (tmp_path / "flat/a.jpg").write_bytes(b"")
    assert "one folder of images per class" in bring.fails("plantvillage", tmp_path / "flat")


def test_a_zip_comes_from_an_address_and_goes_on_where_it_broke_off(bring, leaves, server, monkeypatch):
    monkeypatch.setattr(http, "LONGEST_PAUSE", 0)
    url = server.add("/leaves.zip", leaves.read_bytes(), [break_off(100)])
    folder = bring("plantvillage", url)
    assert (folder / "images.zip").read_bytes() == leaves.read_bytes()
    assert _provenance(folder) == "custom"
    assert list(bring.partials.iterdir()) == []


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


@pytest.fixture
def no_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("KAGGLE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))


@pytest.mark.usefixtures("no_account")
def test_official_leaves_come_from_kaggle(bring, leaves, server, monkeypatch):
    server.add("/storage", leaves.read_bytes())
    monkeypatch.setattr(kaggle, "PLANTVILLAGE", server.add("/kaggle", script=[status(302, location="/storage")]))
    folder = bring("plantvillage", "official")
    assert _provenance(folder) == "official"
    assert (folder / "images.zip").read_bytes() == leaves.read_bytes()
    asked = len(server.requests)
    assert (bring("plantvillage", "official") / "images.zip").read_bytes() == leaves.read_bytes()
    assert len(server.requests) == asked, "once is enough"


@pytest.mark.usefixtures("no_account")
def test_a_login_page_in_place_of_leaves_is_named(bring, server, monkeypatch):
    monkeypatch.setattr(kaggle, "PLANTVILLAGE", server.add("/kaggle", b"<html>Log in first</html>"))
    assert f"{server.url('/kaggle')} cannot be read as a zip" in bring.fails("plantvillage", "official")


@pytest.mark.usefixtures("no_account")
@pytest.mark.parametrize("code", [401, 403])
def test_kaggle_wanting_an_account_ends_in_what_to_do(bring, server, monkeypatch, code):
    monkeypatch.setattr(kaggle, "PLANTVILLAGE", server.add("/kaggle", script=forever(status(code))))
    message = bring.fails("plantvillage", "official")
    assert f"Kaggle wants to know who is asking ({code})" in message
    assert "KAGGLE_USERNAME and KAGGLE_KEY" in message
    assert "set data.plantvillage.source to the zip" in message
    monkeypatch.setenv("KAGGLE_USERNAME", "me")
    monkeypatch.setenv("KAGGLE_KEY", "secret")
    message = bring.fails("plantvillage", "official")
    assert f"Kaggle refuses your credentials ({code})" in message
    assert "secret" not in message


@pytest.mark.usefixtures("no_account")
def test_credentials_go_to_kaggle(bring, monkeypatch):
    given = {}

    def fetch(url: str, target: Path, **options: object) -> None:
        given.update(options, url=url)
        raise http.DownloadError(url, "enough is known", 404)

    monkeypatch.setattr(http, "fetch", fetch)
    monkeypatch.setenv("KAGGLE_API_TOKEN", "secret")
    assert "enough is known" in bring.fails("plantvillage", "official")
    assert given["url"].startswith("https://www.kaggle.com/api/v1/datasets/download/")
    assert isinstance(given["auth"], kaggle.BearerToken)


def test_a_leaf_map_comes_along(bring, leaves, server, tmp_path):
    text = json.dumps(LEAVES).encode()
    (tmp_path / "map.json").write_bytes(text)
    folder = bring("plantvillage", leaves, tmp_path / "map.json")
    assert (folder / "leaf-map.json").read_bytes() == text
    assert _provenance(folder) == "custom"
    folder = bring("plantvillage", leaves, server.add("/map.json", text))
    assert (folder / "leaf-map.json").read_bytes() == text


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
    before = _checksums(folder)
    with pytest.raises(SourceError):
        bring("plantvillage", tmp_path / "nowhere.zip")
    assert _checksums(folder) == before


# --- Messages ----------------------------------------------------------------------------------------------------


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


def test_a_leaf_map_of_other_images_is_refused_by_its_own_path(bring, leaves, tmp_path):
    path = tmp_path / "map.json"
    path.write_text('{"Potato___healthy": {"1": ["z.JPG"]}}')
    assert f"{path} names none of the 2 images" in bring.fails("plantvillage", leaves, path)
    assert f"{tmp_path} is a folder and no leaf map" in bring.fails("plantvillage", leaves, tmp_path)


# --- The real files ----------------------------------------------------------------------------------------------


@pytest.mark.real
def test_the_real_mnist_is_official(bring, real_data):
    assert _provenance(bring("mnist", real_data / "mnist")) == "official"


@pytest.mark.real
def test_the_real_plantvillage_is_accepted(bring, real_data):
    leaves = real_data / "plantvillage"
    folder = bring("plantvillage", leaves / "plantvillage-subset.zip", leaves / "leaf-map.json")
    assert _provenance(folder) == "custom"
