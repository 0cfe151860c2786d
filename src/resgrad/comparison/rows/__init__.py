"""The rows of the closing table. Each module of this package is a row; adding one changes no other file.

Such a module offers ``ROW``, a :class:`~resgrad.comparison.row.Row`: its place in the table, its measures (the first is
the primary one, which alone decides the verdict), the function that computes them from the
:class:`~resgrad.comparison.row.Evidence`, the module's docstring as the published definition, and the panels of its
picture, described so that the report can draw them. A panel of a new kind is a module of
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
    """Compute all measures of the closing table for all runs of a dataset.

    Returns:
        a row per run, sorted: variant, depth, seed and the measures of all rows; NaN where undefined, for instance for
        the other rows at seeds that only one row's own trainings have.
    """
    tables = [row.measure(evidence).set_index(RUN) for row in rows().values()]
    return pd.concat(tables, axis="columns").sort_index().reset_index()
