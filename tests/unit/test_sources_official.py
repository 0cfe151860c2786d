"""Official files: known by their bytes, had from mirrors and from Kaggle, and fetched once."""

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from resgrad.datasets import idx, known
from resgrad.download import http, kaggle, sources
from resgrad.download.store import CHECKSUM
from tests.unit.hostile_server import HostileServer, forever, send, status
from tests.unit.small_sources import DIGITS, checksums_of, provenance_of


@pytest.fixture
def official(monkeypatch: pytest.MonkeyPatch, digits: Path) -> None:
    """Use the small files as the official ones."""
    checksums = {name: f"sha256:{checksums_of(digits)[name]}" for name in DIGITS}
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


@pytest.mark.usefixtures("official")
def test_official_files_are_known_by_their_bytes(bring, digits):
    assert provenance_of(bring("mnist", digits)) == "official"
    idx.write(digits / "t10k-labels-idx1-ubyte.gz", np.array([8], np.uint8))
    assert provenance_of(bring("mnist", digits)) == "custom"


def test_all_official_files_have_checksums_and_a_mirror():
    files = {name: checksum for official in known.OFFICIAL.values() for name, checksum in official.files.items()}
    assert all(CHECKSUM.fullmatch(checksum) for checksum in files.values())
    assert len({*files.values()}) == len(files) == 4 + 2  # Fashion-MNIST has MNIST's file names
    assert {len(known.OFFICIAL[name].files) for name in ("mnist", "fashion_mnist")} == {4}
    assert all(official.mirrors for name, official in known.OFFICIAL.items() if name != "plantvillage")


@pytest.mark.usefixtures("official")
def test_official_files_are_known_by_their_bytes_wherever_they_come_from(bring, digits, server):
    for name in DIGITS:
        server.add(f"/set/{name}", (digits / name).read_bytes())
    assert provenance_of(bring("mnist", server.url("/set/"))) == "official"


def test_official_digits_come_from_the_first_mirror(bring, mirrors, digits):
    folder = bring("mnist", "official")
    assert provenance_of(folder) == "official"
    assert {name: digest for name, digest in checksums_of(folder).items() if name in DIGITS} == checksums_of(digits)
    assert {request.path.split("/")[1] for request in mirrors.requests} == {"one"}


def test_a_mirror_that_fails_is_left_for_the_next_one(bring, mirrors):
    mirrors.add("/one/train-images-idx3-ubyte.gz", script=forever(status(403)))
    assert provenance_of(bring("mnist", "official")) == "official"
    assert [request.path.split("/")[1] for request in mirrors.requests] == ["one", "two", "two", "two", "two"]


def test_a_mirror_with_wrong_bytes_is_left_for_the_next_one(bring, mirrors, digits):
    mirrors.add("/one/t10k-labels-idx1-ubyte.gz", script=forever(send(b"wrong")))
    folder = bring("mnist", "official")
    assert provenance_of(folder) == "official"
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
    assert {name: digest for name, digest in checksums_of(folder).items() if name in DIGITS} == checksums_of(digits)
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
    assert provenance_of(folder) == "official"
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


@pytest.mark.real
def test_the_real_mnist_is_official(bring, real_data):
    assert provenance_of(bring("mnist", real_data / "mnist")) == "official"
