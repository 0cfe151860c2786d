"""Kinds of panel for the rows of the comparison. Each module of this package is a kind, found by its name.

Such a module offers::

    def split(panel: Panel, table: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]
    def draw(axes: Axes, panel: Panel, part: pd.DataFrame, whole: pd.DataFrame) -> None
    def limits(whole: pd.DataFrame) -> tuple[float, float] | None       # optional

``split`` returns the panels of a row's own picture: their titles, and the rows of the table that each shows. ``draw``
draws one of them; ``whole`` is the whole table. ``limits`` gives the panels of one picture a common vertical axis. In
the picture of all rows a kind draws all depths at once (``ALL_DEPTHS = True``) or only the greatest.
"""

import sys
from types import ModuleType
from typing import NamedTuple

from resgrad.common.kinds import load_kind


class Panel(NamedTuple):
    """A row of the table of panels, see ``resgrad.comparison.tables.PANELS``."""

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
