"""Where raw data comes from, and in what form it is kept: archives as they came, checked, never unpacked."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from pydantic import TypeAdapter, ValidationError

from resgrad.common.errors import ResgradError
from resgrad.common.files import replacing, write_json
from resgrad.datasets import archives, embedded, idx
from resgrad.download import http, kaggle, packing
from resgrad.download.store import Store, digest

Provenance = Literal["embedded", "official", "custom"]

MNIST = {
    "train-images-idx3-ubyte.gz": "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
"""The official files and their SHA-256."""
MNIST_MIRRORS = [
    "https://storage.googleapis.com/cvdf-datasets/mnist/",  # which TensorFlow Datasets uses
    "https://ossci-datasets.s3.amazonaws.com/mnist/",  # which torchvision uses
    "http://yann.lecun.com/exdb/mnist/",  # where they were first published; often closed to programs
]
MNIST_ATTEMPTS = 3
"""Per mirror: there are others to turn to."""
MAX_IDX_BYTES = 2**30
"""Of one file's pixels; MNIST has 47 MB, its largest relative (EMNIST) 547 MB."""
MAX_LEAF_MAP_BYTES = 2**26
"""All 54,000 photographs of PlantVillage take 5 MB."""
ARCHIVE = "images.zip"
KEPT_PLANTVILLAGE = "kaggle-emmarex-plantdisease"
"""Name in the store: Kaggle publishes no checksum, so the one of the first download, checked as an archive, stands."""
LEAF_MAP = "leaf-map.json"


class SourceError(ResgradError, RuntimeError):
    """A source cannot give what is asked of it."""


def download(dataset: str, source: str, leaf_map: str | None, target: Path, *, partials: Path, store: Path) -> None:
    """Bring a dataset's raw files into a folder, which appears only when everything in it is whole and checked.

    Beside the files lies provenance.json: ``{"provenance": embedded | official | custom, "files": {name: SHA-256}}``.
    It tells what the files are, never where they came from or when, so that the same files give the same folder.

    Args:
        dataset: mnist, which becomes four gzipped IDX files, or plantvillage, which becomes one zip of class folders.
        source: embedded, official, or a path or address of the same files.
        leaf_map: path or address of plantvillage's leaf map, ``{class: {leaf: [file name, ...]}}``, or None.
        target: the folder.
        partials: the folder for what has arrived of a download that is not finished.
        store: the folder that keeps official files, so that they are fetched once.

    Raises:
        ResgradError: the text says what cannot be had or used, why, and what to do.
    """
    bring = {"mnist": _bring_mnist, "plantvillage": _bring_plantvillage}[dataset]
    try:
        with replacing(target) as folder:
            folder.mkdir()
            provenance = bring(source, folder, partials, Store(store))
            if leaf_map is not None:
                _bring_leaf_map(leaf_map, folder / LEAF_MAP, partials)
            write_json(folder / "provenance.json", {"provenance": provenance, "files": _checksums(folder)})
    except OSError as error:
        place = error.filename2 or error.filename or target  # filename2: where something was to be copied to
        raise SourceError(
            f"{place} cannot be read or written: {error.strerror or error}; correct the permissions "
            "or free some space and run the same command again, which goes on with what has been downloaded."
        ) from error


def _bring_mnist(source: str, folder: Path, partials: Path, store: Store) -> Provenance:
    if source == "embedded":
        embedded.write_digits(folder)
        return "embedded"
    if source == "official":
        _fetch_from_mirrors(folder, partials, store)
    elif http.is_address(source):
        for name in MNIST:
            address = _below(source, name)
            http.fetch(address, folder / name, partials=partials)
            with _sent_by(address):
                idx.read(folder / name, max_bytes=MAX_IDX_BYTES)
    else:
        _copy_mnist(_existing(source, "data.mnist.source"), folder)
    return "official" if _checksums(folder) == MNIST else "custom"


def _fetch_from_mirrors(folder: Path, partials: Path, store: Store) -> None:
    """Fetch the official files, unless they are in the store; a mirror that fails is asked last from then on."""
    mirrors = list(MNIST_MIRRORS)
    for name, sha256 in MNIST.items():
        if store.take(sha256, folder / name):
            continue
        reasons = []
        for mirror in tuple(mirrors):
            try:
                http.fetch(mirror + name, folder / name, partials=partials, sha256=sha256, attempts=MNIST_ATTEMPTS)
                store.keep(folder / name)
                break
            except http.DownloadError as error:
                reasons.append(f"{urlsplit(mirror).netloc}: {error.reason}")
                mirrors.append(mirrors.pop(0))
        else:
            raise SourceError(
                f"{name} cannot be had from any mirror of MNIST ({'; '.join(reasons)}); try again later, or set "
                "data.mnist.source to a folder that holds the four files."
            )


def _copy_mnist(source: Path, folder: Path) -> None:
    """Copy the four files, gzipped or plain, from a folder."""
    if not source.is_dir():
        raise SourceError(f"data.mnist.source is {source}, a file; it must be a folder that holds {', '.join(MNIST)}.")
    for name in MNIST:
        zipped, plain = source / name, source / name.removesuffix(".gz")
        file = zipped if zipped.exists() else plain
        if not file.exists():
            raise SourceError(f"{zipped} does not exist; data.mnist.source must hold {', '.join(MNIST)}.")
        packing.check_inside(file, source)
        array = idx.read(file, max_bytes=MAX_IDX_BYTES)
        if file == zipped:
            shutil.copyfile(zipped, folder / name)
        else:
            idx.write(folder / name, array)


def _bring_plantvillage(source: str, folder: Path, partials: Path, store: Store) -> Provenance:
    archive = folder / ARCHIVE
    if source == "embedded":
        embedded.write_leaves(archive)
        return "embedded"
    if source == "official":
        if not store.take_named(KEPT_PLANTVILLAGE, archive):
            _fetch_from_kaggle(archive, partials)
            store.keep(archive, KEPT_PLANTVILLAGE)
        return "official"
    if http.is_address(source):
        http.fetch(source, archive, partials=partials)
        with _sent_by(source):
            archives.check(archive)
        return "custom"
    path = _existing(source, "data.plantvillage.source")
    if path.is_dir():
        packing.pack(path, archive)
        archives.list_images(archive)
    else:
        archives.check(path)
        shutil.copyfile(path, archive)
    return "custom"


def _fetch_from_kaggle(archive: Path, partials: Path) -> None:
    auth = kaggle.credentials(os.environ, Path.home())
    try:
        http.fetch(kaggle.PLANTVILLAGE, archive, partials=partials, auth=auth)
    except http.DownloadError as error:
        if error.status not in {401, 403}:
            raise
        raise SourceError(
            f"Kaggle {'refuses your credentials' if auth else 'wants to know who is asking'} ({error.status}); set "
            "KAGGLE_USERNAME and KAGGLE_KEY, or put kaggle.json into ~/.kaggle (both from kaggle.com/settings), or "
            f"download {kaggle.PAGE} by hand and set data.plantvillage.source to the zip."
        ) from None
    with _sent_by(kaggle.PLANTVILLAGE):
        archives.check(archive)


def _bring_leaf_map(source: str, target: Path, partials: Path) -> None:
    if http.is_address(source):
        http.fetch(source, target, partials=partials, max_bytes=MAX_LEAF_MAP_BYTES)
        with _sent_by(source):
            _check_leaf_map(target)
    else:
        path = _existing(source, "data.plantvillage.leaf_map", otherwise="null")
        _check_leaf_map(path)
        shutil.copyfile(path, target)


def _check_leaf_map(path: Path) -> None:
    try:
        TypeAdapter(dict[str, dict[str, list[str]]]).validate_json(path.read_bytes(), strict=True)
    except ValidationError as error:
        where = " > ".join(map(str, error.errors()[0]["loc"]))
        raise SourceError(
            f"{path} is no leaf map{where and f' (see {where})'}; it must be JSON like "
            '{"class": {"leaf": ["file name", ...]}}.'
        ) from None


def _existing(source: str, key: str, otherwise: str = "embedded, official") -> Path:
    path = Path(os.path.expanduser(source))  # noqa: PTH111  Path.expanduser fails for a user that does not exist
    if not path.exists():
        raise SourceError(
            f"{key} is {source}, and no such file or folder exists (a relative path starts at the root of the "
            f"repository); allowed: {otherwise}, or the path or address of what is to be used."
        )
    return path


def _below(address: str, name: str) -> str:
    """Return the address of a file in a folder; a query, such as a signature, stays."""
    parts = urlsplit(address)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()


@contextmanager
def _sent_by(address: str) -> Iterator[None]:
    """Name the address in what is said about a file that came from it; the file itself will be gone."""
    try:
        yield
    except ResgradError as error:
        raise SourceError(f"What {http.show(address)} sent cannot be used: {error}") from None


def _checksums(folder: Path) -> dict[str, str]:
    return {path.name: digest(path) for path in sorted(folder.iterdir())}
