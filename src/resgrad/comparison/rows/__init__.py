"""The rows of the closing table. A row is a module of this package, and adding one changes no other file.

Such a module offers ``ROW``, a :class:`~resgrad.comparison.row.Row`: its place in the table, its measures (the first is
the primary one, which alone decides the verdict), the function that computes them from the
:class:`~resgrad.comparison.row.Evidence`, its own docstring as the definition that is published, and the panels of its
picture, described in words that the report can draw. A panel of a new kind is a module of
``resgrad.report.comparison.panels``.
"""

import sys

import pandas as pd

from resgrad.common.kinds import kinds, load_kind
from resgrad.comparison.row import Evidence, Row
from resgrad.results.runs import RUN


def rows() -> dict[str, Row]:
    """Return all rows by the names of their modules, in the order of the table."""
    package = sys.modules[__name__]
    found = {name: load_kind(package, name).ROW for name in kinds(package)}
    return dict(sorted(found.items(), key=lambda item: (item[1].place, item[0])))


def measure_rows(evidence: Evidence) -> pd.DataFrame:
    """Measure all runs of a dataset in every way that the closing table needs.

    Returns:
        a row per run, sorted: variant, depth, seed and the measures of all rows; NaN where undefined, as it is for a
        row where only another has trainings.
    """
    tables = [row.measure(evidence).set_index(RUN) for row in rows().values()]
    return pd.concat(tables, axis="columns").sort_index().reset_index()
