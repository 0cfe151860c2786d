"""Pack a folder of class folders into one zip: the same pictures under the same names always give the same bytes."""

import os
import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from resgrad.common.files import replacing
from resgrad.datasets.archives import MAX_IMAGE_BYTES, ArchiveError, is_image

EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first time that a zip can express; the true one would make equal contents differ."""
UNIX = 3
"""Marks entries as made on Unix, wherever they were made."""


def pack(folder: Path, archive: Path) -> None:
    """Store all images below a folder, with their names relative to it, sorted and uncompressed.

    Raises:
        ArchiveError: an image is too large, has a name that cannot be stored, or is a link that leads elsewhere.
        OSError: something cannot be read or written.
    """
    images = sorted(_images(folder), key=lambda path: path.relative_to(folder).as_posix())
    with replacing(archive) as partial, zipfile.ZipFile(partial, "w") as opened:
        for path in tqdm(images, "Packing", unit="image", disable=None, leave=False):
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), EARLIEST)
            entry.create_system = UNIX
            entry.external_attr = (stat.S_IFREG | 0o644) << 16
            if path.stat().st_size > MAX_IMAGE_BYTES:
                raise ArchiveError(f"{path} has more than {MAX_IMAGE_BYTES:,} bytes; remove it.")
            try:
                opened.writestr(entry, path.read_bytes())
            except UnicodeEncodeError:
                raise ArchiveError(f"{os.fsencode(path)!r} has a name that is not UTF-8; rename it.") from None


def check_inside(path: Path, folder: Path) -> None:
    """Refuse a link that leads out of a folder: what lies there was not meant to be taken.

    Raises:
        ArchiveError: it leads out.
    """
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ArchiveError(f"{path} is a link that leads out of {folder}; put what it leads to in its place.")


def _images(folder: Path) -> Iterator[Path]:
    """Walk through a folder; links within it are not followed, so that each picture comes once per name."""

    def fail(error: OSError) -> None:
        raise error

    for parent, folders, files in os.walk(folder, onerror=fail):
        for name in folders:
            check_inside(Path(parent, name), folder)
        for name in files:
            path = Path(parent, name)
            if is_image(path.relative_to(folder)):
                check_inside(path, folder)
                if not path.is_file():
                    raise ArchiveError(f"{path} is no file, in spite of its name; remove it.")
                yield path
