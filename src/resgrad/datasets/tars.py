"""Tar archives, no more trusted than zips: read sequentially, never extracted, every size checked before reading."""

import lzma
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple

from resgrad.datasets.archives import MAX_ENTRIES, MAX_TOTAL_BYTES, ArchiveError, leads_out

_DAMAGED = (tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError)


class TarMember(NamedTuple):
    """A file or a folder in a tar."""

    path: str
    """That of a folder ends with a slash."""
    size: int
    read: Callable[[], bytes]
    """Reads the file; call it before taking the next member."""


def members(archive: Path, shown: str, *, max_bytes: int) -> Iterator[TarMember]:
    """Yield the files and folders of a tar, plain or compressed with gzip, bzip2 or xz, in its order.

    Args:
        archive: the file.
        shown: its name in messages.
        max_bytes: refuse to read larger members; as in a zip, those that nobody reads may have any size.

    Raises:
        ArchiveError: the archive is damaged, or must not be trusted: a name that leads out of it, a link, a device,
            a repeated name, more entries or bytes than any image set has.
        OSError: the file cannot be opened.
    """
    names: set[str] = set()
    total = 0
    with archive.open("rb") as raw:
        for entry, opened in _entries(raw, shown):
            fault = _fault(entry)
            if entry.name in names:
                fault = "is there twice"
            names.add(entry.name)
            total += entry.size
            if fault:
                raise _untrusted(shown, entry, fault)
            if len(names) > MAX_ENTRIES or total > MAX_TOTAL_BYTES:
                raise ArchiveError(
                    f"{shown} holds more than {MAX_ENTRIES:,} entries or {MAX_TOTAL_BYTES:,} bytes, which are allowed."
                )
            name = entry.name.removeprefix("./")
            if entry.isdir():
                yield TarMember(f"{name}/", 0, bytes)
            else:
                yield TarMember(name, entry.size, partial(_read, opened, entry, shown, max_bytes))


def _entries(raw: IO[bytes], shown: str) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    try:
        with tarfile.open(fileobj=raw, mode="r|*") as opened:
            for entry in opened:
                yield entry, opened
    except _DAMAGED as error:
        raise _damaged(shown, error) from None


def _read(opened: tarfile.TarFile, entry: tarfile.TarInfo, shown: str, max_bytes: int) -> bytes:
    if entry.size > max_bytes:
        raise _untrusted(shown, entry, f"has {entry.size:,} bytes, where {max_bytes:,} are allowed")
    try:
        stream = opened.extractfile(entry)
        data = stream.read(entry.size) if stream else b""
    except _DAMAGED as error:
        raise _damaged(shown, error) from None
    if len(data) < entry.size:
        raise ArchiveError(f"{shown} is cut short within {entry.name!r}; fetch it again.")
    return data


def _fault(entry: tarfile.TarInfo) -> str | None:
    """Say what is wrong with an entry, as a phrase to follow its name; None if nothing is."""
    if leads_out(entry.name):
        return "leads out of the archive"
    if "\\" in entry.name or "\0" in entry.name:
        return "has a backslash or a NUL in its name"
    if not (entry.isreg() or entry.isdir()) or entry.issparse():
        return "is a link, a device or a sparse file"
    return None


def _untrusted(shown: str, entry: tarfile.TarInfo, fault: str) -> ArchiveError:
    return ArchiveError(f"{shown} cannot be trusted: its entry {entry.name!r} {fault}; repack it.")


def _damaged(shown: str, error: Exception) -> ArchiveError:
    return ArchiveError(
        f"{shown} cannot be read as a tar archive ({error}): it is another kind of file, cut short or damaged; "
        "fetch it again."
    )
