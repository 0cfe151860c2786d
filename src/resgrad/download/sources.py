"""Sources of raw data: a sample included in the project, official files, or a path or address that the user gives."""

import errno
import os
import shutil
from pathlib import Path
from types import ModuleType
from typing import Literal
from urllib.parse import urlsplit

from resgrad.common.files import replacing, write_json
from resgrad.common.kinds import load_kind
from resgrad.datasets import archives, formats
from resgrad.datasets.config import SourceConfig
from resgrad.datasets.errors import DataError
from resgrad.datasets.known import OFFICIAL, SAMPLES
from resgrad.datasets.opening import opened
from resgrad.download import http, kaggle
from resgrad.download.paths import KEYWORDS, expanded, is_address
from resgrad.download.store import Store, digest
from resgrad.download.summary import summarise
from resgrad.preprocess.leaves import LeafMap, read_map

Provenance = Literal["embedded", "official", "custom"]

ATTEMPTS = 3
"""Attempts per mirror, if there are other mirrors."""
MAX_LEAF_MAP_BYTES = 2**26
"""All 54,000 photographs of PlantVillage take 5 MB."""
KEPT_PLANTVILLAGE = "kaggle-emmarex-plantdisease"
"""Name in the store: Kaggle publishes no checksum, so that of the first download, checked as an archive, is used."""
LEAF_MAP = "leaf-map.json"
ARRIVED = ".arrived"
"""Folder for fetched files, until the format has taken them over."""


class SourceError(DataError):
    """A source cannot supply what is asked for."""


def download(dataset: str, config: SourceConfig, target: Path, *, partials: Path, store: Path) -> str:
    """Bring a dataset's raw files into a folder, which appears only when everything in it is complete and checked.

    Beside the files lies provenance.json: ``{"provenance": embedded | official | custom, "files": {name: SHA-256}}``.
    It identifies the files, but not where they came from or when, so that the same files give the same folder.

    Args:
        dataset: its name, by which official files and samples are known.
        config: its format, source and leaf map.
        target: the folder.
        partials: the folder for unfinished downloads.
        store: the folder that keeps official files, so that they are fetched once.

    Returns:
        a summary for the screen: :func:`resgrad.download.summary.summarise`.

    Raises:
        ResgradError: the text says what cannot be fetched or used, why, and what to do.
    """
    try:
        with replacing(target) as folder:
            folder.mkdir()
            provenance, summary = _bring(dataset, config, folder, partials, Store(store))
            write_json(folder / "provenance.json", {"provenance": provenance, "files": _checksums(folder)})
    except OSError as error:
        place = error.filename2 or error.filename or target  # filename2: the destination of a copy
        advice = _ADVICE.get(error.errno or 0, "mend that")
        raise SourceError(
            f"{place} cannot be read or written: {error.strerror or error}; {advice} and run the same command again, "
            "which goes on with what has been downloaded."
        ) from error
    return summary


_ADVICE = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space",
    errno.EACCES: "correct the permissions",
    errno.EPERM: "correct the permissions",
}


def _bring(dataset: str, config: SourceConfig, folder: Path, partials: Path, store: Store) -> tuple[Provenance, str]:
    """Fill a folder; return the provenance of its files, and the summary."""
    data_format = load_kind(formats, config.format)
    arrived = folder / ARRIVED
    arrived.mkdir()
    provenance: Provenance = "custom"
    if config.source == "embedded":
        SAMPLES[dataset].write(folder)
        provenance, shown = "embedded", "the sample"
    else:
        if config.source == "official":
            shown = f"the official {dataset}"
            _fetch_official(dataset, arrived, partials, store)
            path = _only_file(arrived)
        elif is_address(config.source):
            shown = f"What {http.show(config.source)} sent"
            path = _fetch(config.source, data_format, arrived, partials)
        else:
            shown = config.source
            path = _existing(config.source, f"data.{dataset}.source")
        data_format.bring(path, folder, shown)
        provenance = "official" if config.source == "official" or _is_official(dataset, path) else "custom"
    shutil.rmtree(arrived)
    leaf_map = _bring_leaf_map(dataset, config, folder, partials)
    with opened(data_format, folder, shown) as listing:
        if leaf_map and listing.names:
            leaf_map.leaves_of([listing.classes[label] for label in listing.labels.tolist()], listing.names)
        return provenance, summarise(dataset, listing, shown)


def _only_file(folder: Path) -> Path:
    """Return the file in a folder if it is the only one, else the folder."""
    files = list(folder.iterdir())
    return files[0] if len(files) == 1 else folder


def _fetch(address: str, data_format: ModuleType, arrived: Path, partials: Path) -> Path:
    """Fetch the files at an address: those with the format's names below it, or a single file."""
    http.check_address(address)
    if not data_format.FILES:
        target = arrived / (Path(urlsplit(address).path).name or "file")
        http.fetch(address, target, partials=partials)
        return target
    for name in data_format.FILES:
        http.fetch(_below(address, name), arrived / name, partials=partials)
    return arrived


def _fetch_official(dataset: str, arrived: Path, partials: Path, store: Store) -> None:
    """Fetch official files, unless they are in the store; a mirror that fails is then tried last."""
    if dataset == "plantvillage":
        archive = arrived / "plantvillage.zip"
        if not store.take_named(KEPT_PLANTVILLAGE, archive):
            _fetch_from_kaggle(archive, partials)
            archives.list_files(archive, kaggle.PLANTVILLAGE)
            store.keep_named(archive, KEPT_PLANTVILLAGE)
        return
    official = OFFICIAL[dataset]
    mirrors = list(official.mirrors)
    for name, checksum in official.files.items():
        if store.take(checksum, arrived / name):
            continue
        reasons = []
        for mirror in tuple(mirrors):
            attempts = ATTEMPTS if len(official.mirrors) > 1 else http.ATTEMPTS
            try:
                http.fetch(mirror + name, arrived / name, partials=partials, checksum=checksum, attempts=attempts)
                store.keep(arrived / name, checksum)
                break
            except http.DownloadError as error:
                reasons.append(f"{urlsplit(mirror).netloc}: {error.reason}")
                mirrors.append(mirrors.pop(0))
        else:
            raise SourceError(
                f"{name} cannot be had from any mirror of {dataset} ({'; '.join(reasons)}); try again later, or set "
                f"data.{dataset}.source to the path of {', '.join(official.files)}."
            )


def _is_official(dataset: str, path: Path) -> bool:
    """Say whether a file, or a folder of files, is identical to the official one."""
    files = OFFICIAL[dataset].files if dataset in OFFICIAL else {}
    if path.is_file():
        return len(files) == 1 and digest(path, next(iter(files.values()))) in files.values()
    found = {name: digest(path / name, checksum) for name, checksum in files.items() if (path / name).is_file()}
    return bool(files) and found == files


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


def _bring_leaf_map(dataset: str, config: SourceConfig, folder: Path, partials: Path) -> LeafMap | None:
    """Read the leaf map, if there is one, and copy it."""
    source, target = config.leaf_map, folder / LEAF_MAP
    if source is None:
        return None
    if is_address(source):
        http.fetch(source, target, partials=partials, max_bytes=MAX_LEAF_MAP_BYTES)
        return read_map(target, f"What {http.show(source)} sent")
    path = _existing(source, f"data.{dataset}.leaf_map", otherwise="null")
    leaf_map = read_map(path, source)
    shutil.copyfile(path, target)
    return leaf_map


def _existing(source: str, key: str, otherwise: str = ", ".join(KEYWORDS)) -> Path:
    """Return the path that a parameter gives, if it exists."""
    path = expanded(source)
    if not path.exists():
        raise SourceError(
            f"{key} is {source}, and no such file or folder exists (a relative path starts at the root of the "
            f"repository); allowed: {otherwise}, or the path or address of what is to be used."
        )
    return path


def _below(address: str, name: str) -> str:
    """Return the address of a file in a folder; a query, such as a signature, is kept."""
    parts = urlsplit(address)
    return parts._replace(path=f"{parts.path.rstrip('/')}/{name}").geturl()


def _checksums(folder: Path) -> dict[str, str]:
    return {path.name: digest(path).removeprefix("sha256:") for path in sorted(folder.iterdir())}
