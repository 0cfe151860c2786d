"""Pack images into one zip: the same pictures with the same names in the same order always give the same bytes."""

import os
import stat
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from tqdm import tqdm

from resgrad.common.files import replacing
from resgrad.datasets.archives import MAX_IMAGE_BYTES, ArchiveError, fault_of_name, is_image

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can express; the true time would make files of equal content differ."""
MAX_VISITS = 256
"""Limit for the ways to one folder: every level of links that fork doubles the files below it."""
UNIX = 3
"""Marks entries as made on Unix, on every system."""


class File(NamedTuple):
    """A file to pack, or a folder."""

    name: str
    """Relative to the source, with slashes; that of a folder ends with a slash."""
    read: Callable[[], bytes]

    @property
    def is_image(self) -> bool:
        """Whether it counts as an image."""
        return is_image(PurePosixPath(self.name)) and not self.name.endswith("/")


def pack(files: Iterable[File], archive: Path, shown: str) -> list[str]:
    """Store all images, uncompressed; return the names of the other files, and of folders without files.

    Args:
        files: what to pack.
        archive: the zip to write.
        shown: name of the source in messages.

    Raises:
        ArchiveError: an image has a name that cannot be stored.
        OSError: something cannot be read or written.
    """
    others: list[str] = []
    filled: set[str] = set()
    with replacing(archive) as partial, zipfile.ZipFile(partial, "w") as opened:
        for file in tqdm(files, "Packing", unit="file", disable=None, leave=False):
            if not file.name.endswith("/"):
                filled.update(f"{folder}/" for folder in PurePosixPath(file.name).parents)
            if not file.is_image:
                others.append(file.name)
                continue
            entry = zipfile.ZipInfo(file.name, EARLIEST)
            entry.create_system = UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            try:
                opened.writestr(entry, file.read())
            except UnicodeEncodeError:
                raise ArchiveError(
                    f"{shown} holds {str(os.fsencode(file.name))[1:]}, and that name is not UTF-8; rename it."
                ) from None
    return [name.encode(errors="replace").decode() for name in others if name not in filled]


def files_below(folder: Path, shown: str) -> list[File]:
    """List all files below a folder, sorted by name. A link within it is followed, and keeps its name.

    Args:
        folder: the folder.
        shown: its name in messages.

    Raises:
        ArchiveError: an image is too large or not a file, or a link leads out of the folder or in a circle.
        OSError: something cannot be read.
    """
    return sorted(_walk(folder, folder, shown, (folder.resolve(),), Counter()), key=lambda file: file.name)


def check_inside(path: Path, folder: Path, shown: str | None = None) -> None:
    """Refuse a link that leads out of a folder: its target was not meant to be taken.

    Raises:
        ArchiveError: it leads out, or to itself.
    """
    name = f"{str(shown or folder).rstrip('/')}/{path.relative_to(folder).as_posix()}"
    try:
        target = path.resolve()
    except (OSError, RuntimeError):
        raise _circle(name) from None
    if not target.is_relative_to(folder.resolve()):
        raise ArchiveError(f"{name} is a link that leads out of {shown or folder}; put what it leads to in its place.")


def _walk(place: Path, folder: Path, shown: str, above: tuple[Path, ...], visits: Counter[Path]) -> Iterator[File]:
    """Yield the files below a place; ``above`` are the folders that lead to it, ``visits`` counts them all."""
    entries = list(place.iterdir())
    if not entries:
        yield File(f"{place.relative_to(folder).as_posix()}/", bytes)
    for path in entries:
        relative = path.relative_to(folder)
        name = f"{shown.rstrip('/')}/{relative.as_posix()}"
        if not is_image(relative) and not path.is_dir():
            yield File(relative.as_posix(), bytes)
            continue
        check_inside(path, folder, shown)
        if path.is_dir():
            real = path.resolve()
            visits[real] += 1
            if real in above:
                raise _circle(name)
            if visits[real] > MAX_VISITS:
                raise ArchiveError(f"{name} is reached more than {MAX_VISITS} times, through links; remove some.")
            yield from _walk(path, folder, shown, (*above, real), visits)
        elif fault := fault_of_name(relative.as_posix()):
            raise ArchiveError(f"{name} {fault}; rename it.")
        elif not path.is_file():
            raise ArchiveError(f"{name} is no file, in spite of its name; remove it.")
        elif path.stat().st_size > MAX_IMAGE_BYTES:
            raise ArchiveError(f"{name} has more than {MAX_IMAGE_BYTES:,} bytes; remove it.")
        else:
            yield File(relative.as_posix(), path.read_bytes)


def _circle(name: str) -> ArchiveError:
    return ArchiveError(f"{name} is a link that leads in a circle; remove it.")
