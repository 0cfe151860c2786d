"""Tar archives, no more trusted than zips: read sequentially, never extracted, every size checked before reading.

:mod:`tarfile` takes a damaged header for the end of the archive, and does not look at the checksum of a gzip file. So
the archive is decompressed here, to its end, and the end must be where tarfile saw it.
"""

import bz2
import gzip
import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, NamedTuple, cast

from resgrad.datasets.archives import HARD_LINK, MAX_ENTRIES, MAX_TOTAL_BYTES, ArchiveError, fault_of_name, untrusted

COMPRESSIONS = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open, b"\x5d\0\0": lzma.open}
"""The first bytes of a compressed file (the last are of the old .lzma), and what opens it."""
MAX_PADDING = 2**28
"""Limit for the zeros with which an archive ends; tar fills its last record, of 10 KiB unless asked otherwise."""

_DAMAGED = (
    *(tarfile.TarError, EOFError, OSError, zlib.error, lzma.LZMAError),
    *(ValueError, OverflowError, struct.error),  # impossible numbers in headers
)


class TarMember(NamedTuple):
    """A file or a folder in a tar."""

    path: str
    """That of a folder ends with a slash."""
    size: int
    read: Callable[[], bytes]
    """Reads the file; call it before taking the next member."""


class _Stream(io.BufferedIOBase):
    """The bytes of a file that is read from its beginning to its end, and how many zeros they end with."""

    def __init__(self, source: IO[bytes]):
        super().__init__()
        self._source = source
        self.length = 0
        self.zeros = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Read at most so many bytes; none at the end."""
        data = self._source.read(-1 if size is None else size)
        filled = len(data.rstrip(b"\0"))
        self.zeros = len(data) - filled + (0 if filled else self.zeros)
        self.length += len(data)
        return data


def is_tar(file: Path) -> bool:
    """Say whether a file begins as a tar does, plain or compressed with gzip, bzip2 or xz; it may still be damaged."""
    with file.open("rb") as raw:
        start = raw.read(tarfile.BLOCKSIZE)
    return _is_header(start) or start.startswith(tuple(COMPRESSIONS))


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
                raise untrusted(shown, entry.name, fault)
            if len(names) > MAX_ENTRIES or total > MAX_TOTAL_BYTES:
                raise ArchiveError(
                    f"{shown} holds more than {MAX_ENTRIES:,} entries or {MAX_TOTAL_BYTES:,} bytes, the limits."
                )
            name = entry.name.removeprefix("./")
            if entry.isdir():
                yield TarMember(f"{name}/", 0, bytes)
            else:
                yield TarMember(name, entry.size, partial(_read, opened, entry, shown, max_bytes))


def _entries(raw: IO[bytes], shown: str) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    """Yield all entries, and the archive to read them from; the end is then known to be sound."""
    start = raw.read(tarfile.BLOCKSIZE)
    raw.seek(0)
    openers = [] if _is_header(start) else [opened for magic, opened in COMPRESSIONS.items() if start.startswith(magic)]
    try:
        decompress = next(iter(openers), None)
        stream = _Stream(cast(IO[bytes], decompress(raw)) if decompress else raw)
        with tarfile.open(fileobj=stream, mode="r|") as opened:
            for entry in opened:
                yield entry, opened
            end = opened.offset
        # To the end of the file, where gzip has its checksum; a bomb would go on for ever.
        while stream.length - end <= min(stream.zeros, MAX_PADDING) and stream.read(tarfile.RECORDSIZE):
            pass
    except _DAMAGED as error:
        raise _damaged(shown, error) from None
    if stream.length - end < tarfile.BLOCKSIZE:
        raise ArchiveError(f"{shown} is cut short; fetch it again, or unpack it and give the folder.")
    if stream.length - end > min(stream.zeros, MAX_PADDING):
        raise ArchiveError(
            f"{shown} goes on where its entries end: it is damaged, or holds two archives; fetch it again, or unpack "
            "it and give the folder."
        )


def _is_header(block: bytes) -> bool:
    """Say whether the first block of a file is a header, or the zeros of an empty archive."""
    try:
        tarfile.TarInfo.frombuf(block, tarfile.ENCODING, "surrogateescape")
    except (tarfile.HeaderError, ValueError):
        return block == bytes(tarfile.BLOCKSIZE)
    return True


def _read(opened: tarfile.TarFile, entry: tarfile.TarInfo, shown: str, max_bytes: int) -> bytes:
    if entry.size > max_bytes:
        raise untrusted(shown, entry.name, f"has {entry.size:,} bytes, where {max_bytes:,} are allowed")
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
    if fault := fault_of_name(entry.name):
        return fault
    if entry.size < 0:
        return "has a size below 0"
    if not (entry.isreg() or entry.isdir()) or entry.issparse():
        return HARD_LINK if entry.islnk() else "is a symbolic link, a device or a sparse file"
    return None


def _damaged(shown: str, error: Exception) -> ArchiveError:
    return ArchiveError(
        f"{shown} cannot be read as a tar archive ({error}): it is another kind of file, cut short or damaged; "
        "fetch it again."
    )
