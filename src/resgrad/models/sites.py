"""The place of a block in its network."""

from typing import NamedTuple


class Site(NamedTuple):
    """A block's channels and stride, and its place: it is the ``number``-th, from 1, of ``total`` blocks."""

    in_channels: int
    out_channels: int
    stride: int
    number: int
    total: int
