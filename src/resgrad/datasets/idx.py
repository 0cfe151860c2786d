"""The IDX format of the MNIST files: a magic number, big-endian dimensions, then bytes; gzipped or plain.

Format: Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits": two zero bytes, a byte for the type
of the elements, a byte for the number of dimensions, each dimension as an unsigned 32-bit integer, the elements with
the last dimension running fastest. MNIST uses unsigned bytes (0x08) only, and so does this module.
"""

import gzip
import math
import struct
import zlib
from io import BufferedIOBase
from pathlib import Path

import numpy as np

from resgrad.common.files import replacing
from resgrad.datasets.errors import DataError

UNSIGNED_BYTE = 0x08
GZIP_MAGIC = b"\x1f\x8b"
LEVEL = 6
"""Compression level; fixed, so that the same array gives the same file."""


class IdxError(DataError):
    """A file is not the IDX file of unsigned bytes that it should be."""


def is_gzipped(path: Path) -> bool:
    """Say whether a file is gzipped: by its first bytes, not by its name."""
    with path.open("rb") as file:
        return file.read(2) == GZIP_MAGIC


def read(path: Path, *, max_bytes: int, shown: str | None = None) -> np.ndarray:
    """Read an IDX file of unsigned bytes, gzipped or plain.

    Memory is bounded by the size in the header, however far the file inflates.

    Args:
        path: the file.
        max_bytes: refuse a file whose elements take more than this.
        shown: name of the file in messages; its path if None.

    Returns:
        uint8, in the shape given by the header.

    Raises:
        IdxError: the file is not an IDX file of unsigned bytes, is damaged, or is too large.
        OSError: the file cannot be opened.
    """
    name = shown or str(path)
    gzipped = is_gzipped(path)
    with path.open("rb") as file:
        try:
            with gzip.GzipFile(fileobj=file) if gzipped else file as stream:
                return _parse(stream, name, max_bytes)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise IdxError(f"{name} is damaged (gzip: {error}); fetch it again.") from None


def write(path: Path, array: np.ndarray) -> None:
    """Write a uint8 array as a gzipped IDX file; the same array always gives the same bytes.

    Raises:
        ValueError: the array has another type, or more dimensions than the format allows.
    """
    if array.dtype != np.uint8 or not 1 <= array.ndim <= 255:
        raise ValueError(f"An IDX file of bytes cannot hold {array.dtype} with {array.ndim} dimensions.")
    header = struct.pack(f">HBB{array.ndim}I", 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    with (
        replacing(path) as partial,
        partial.open("wb") as file,
        # No name and no time in the header: either would make files of equal content differ.
        gzip.GzipFile(filename="", mode="wb", compresslevel=LEVEL, fileobj=file, mtime=0) as stream,
    ):
        stream.write(header + array.tobytes())


def _parse(stream: BufferedIOBase, path: str, max_bytes: int) -> np.ndarray:
    zeros, kind, ndim = struct.unpack(">HBB", _exactly(stream, 4, path))
    if zeros:
        raise IdxError(f"{path} is not an IDX file: it starts with 0x{zeros:04x}, not with 0x0000; fetch it again.")
    if kind != UNSIGNED_BYTE:
        raise IdxError(f"{path} holds elements of type 0x{kind:02x}; only unsigned bytes (0x08) can be used.")
    shape = struct.unpack(f">{ndim}I", _exactly(stream, 4 * ndim, path))
    size = math.prod(shape)
    if not shape or not size:
        raise IdxError(f"{path} is empty: its header gives the dimensions {list(shape)}; fetch it again.")
    if size > max_bytes:
        raise IdxError(f"{path} announces {size:,} bytes in its header; at most {max_bytes:,} can be used.")
    data = _exactly(stream, size, path)
    if stream.read(1):  # also makes gzip verify its checksum
        raise IdxError(f"{path} goes on after the {size:,} bytes that its header announces; fetch it again.")
    return np.frombuffer(bytearray(data), np.uint8).reshape(shape)


def _exactly(stream: BufferedIOBase, size: int, path: str) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise IdxError(f"{path} is cut short: {len(data):,} bytes where {size:,} were announced; fetch it again.")
    return data
