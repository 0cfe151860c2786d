"""Where a block stands in its network."""

from typing import NamedTuple


class Site(NamedTuple):
    """What a block maps, and its place: it is the ``number``-th, from 1, of ``total`` blocks."""

    in_channels: int
    out_channels: int
    stride: int
    number: int
    total: int
