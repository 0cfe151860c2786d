"""Kinds of panel that a row of the comparison may ask for. A kind is a module of this package, found by its name.

Such a module offers::

    def split(panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]
    def draw(axes: Axes, panel: Panel, part: pd.DataFrame, whole: pd.DataFrame) -> None
    def limits(whole: pd.DataFrame) -> tuple[float, float] | None       # optional

``split`` says how many panels a row's own picture has: their titles, and the rows of the table that each shows.
``draw`` draws one of them; ``whole`` is the whole table. ``limits`` gives the panels of one picture a vertical axis in
common. In the picture of all rows a kind draws
all depths at once (``ALL_DEPTHS = True``) or the greatest alone.
"""

import sys
from types import ModuleType
from typing import NamedTuple

from resgrad.common.kinds import load_kind


class Panel(NamedTuple):
    """What the table of panels says of one, see ``resgrad.comparison.tables.PANELS``."""

    kind: str
    table: str
    title: str
    label: str
    column: str
    scale: str
    hollow_column: str
    hollow_value: int

    @property
    def module(self) -> ModuleType:
        """The module of its kind."""
        return load_kind(sys.modules[__name__], self.kind)
