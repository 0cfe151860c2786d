"""Averages over seeds, shared by several rooms: a row per depth, variant and measure."""

from typing import NamedTuple

import pandas as pd

from resgrad.common.frames import typed_rows
from resgrad.report.markdown import spread_text


class Average(NamedTuple):
    """A row of such a table."""

    depth: int
    measure: str
    variant: str
    n: int
    mean: float
    sd: float

    def text(self, form: str) -> str:
        """Write it with :func:`~resgrad.report.markdown.spread_text`."""
        return spread_text(self.n, self.mean, self.sd, form=form)


def averages(table: pd.DataFrame) -> dict[tuple[int, str, str], Average]:
    """Return the rows of a table by depth, measure and variant."""
    return {row[:3]: row for row in typed_rows(table, Average)}
