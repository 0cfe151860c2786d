"""Read and decode images on all cores, in order."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import NamedTuple

import numpy as np

from resgrad.common.processor import cores
from resgrad.preprocess.images import Color, ImageError, decode, from_pixels
from resgrad.preprocess.pictures import digest

CHUNK_BYTES = 2**19
"""Bytes of decoded pixels per chunk: enough to make the hand-over between threads cheap."""
AHEAD = 6
"""Chunks in the queue beyond one per thread, so that threads keep working while a shard is written."""

Read = Callable[[int], bytes | np.ndarray]


class Picture(NamedTuple):
    """One image, decoded and resized if it can be."""

    sha256: bytes
    """Digest of the source: the file's bytes, or the pixels."""
    pixels: np.ndarray | None
    """uint8, C x H x W."""
    reason: str = ""
    """Why there are no pixels; empty if there are."""


def decode_all(
    read: Read, positions: Sequence[int], *, size: int, color: Color, threads: int | None = None
) -> Iterator[Picture]:
    """Decode on several threads, in the order of ``positions``, a few chunks ahead of the consumer.

    Args:
        read: returns the image at a position, as a file's bytes or as pixels.
        positions: which images.
        size: pixels per side.
        color: grey or rgb.
        threads: number of decoding threads; None for one per core. The decoders release Python's lock, and threads,
            unlike processes, start at once and hand pictures over at no cost.
    """
    threads = threads or cores()
    per_chunk = max(1, min(64, CHUNK_BYTES // (3 * size * size)))
    pending: deque[Future[list[Picture]]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, len(positions), per_chunk):
            pending.append(pool.submit(_decode_chunk, read, positions[start : start + per_chunk], size, color))
            if len(pending) > threads + AHEAD:
                yield from pending.popleft().result()
        while pending:
            yield from pending.popleft().result()


def _decode_chunk(read: Read, positions: Sequence[int], size: int, color: Color) -> list[Picture]:
    return [_decode_one(read(position), size, color) for position in positions]


def _decode_one(image: bytes | np.ndarray, size: int, color: Color) -> Picture:
    sha256 = digest(image)
    try:
        pixels = decode(image, size, color) if isinstance(image, bytes) else from_pixels(image, size, color)
    except ImageError as error:
        return Picture(sha256, None, error.reason)
    return Picture(sha256, pixels)
