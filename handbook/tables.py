"""docs/tables.md: every table that a stage writes, as defined in the code."""

from resgrad import audit, comparison, gradients, inspection, probe, timing, tolerance
from resgrad.audit import tables as audit_tables
from resgrad.common.tables import Table
from resgrad.comparison import tables as comparison_tables
from resgrad.comparison.rows import rows
from resgrad.gradients.statistics import statistics
from resgrad.gradients.table import gradient_table
from resgrad.inspection import tables as inspection_tables
from resgrad.probe import tables as probe_tables
from resgrad.probe.table import TABLE
from resgrad.timing import times
from resgrad.tolerance import tables as tolerance_tables

INTRODUCTION = """\
# Tables

Every table that a stage writes, from the code that writes it (`make docs`). NaN stands for what is undefined. Beside
the tables of a room lies `about.json`: what they are about, in names and single numbers. The reports copy the tables
that their pages rest on into `metrics/<page>-<dataset>/` as CSV.
"""


def in_module(module: object) -> list[Table]:
    """List the tables that a module defines."""
    return [value for value in vars(module).values() if isinstance(value, Table)]


def tables_page() -> str:
    """Return the whole page."""
    of_rows = [table for row in rows().values() for table in row.tables]
    rooms = {
        "data/gradients/<dataset>/<run>.parquet": (gradients, [gradient_table(statistics())]),
        "data/probe": (probe, [TABLE, *in_module(probe_tables)]),
        "data/tolerance/<dataset>": (tolerance, in_module(tolerance_tables)),
        "data/comparison/<dataset>": (comparison, in_module(comparison_tables) + of_rows),
        "data/inspection/<dataset>": (inspection, in_module(inspection_tables)),
        "data/audit/<dataset>": (audit, in_module(audit_tables)),
        "data/timing/<dataset>": (timing, in_module(times)),
    }
    parts = [INTRODUCTION]
    for place, (room, tables) in rooms.items():
        parts.append(f"## `{place}`\n\n{(room.__doc__ or '').strip()}\n")
        parts += [f"### {table.name}\n\n{_sentence(table.about)}\n\n{table.markdown()}" for table in tables]
    return "\n".join(parts)


def _sentence(about: str) -> str:
    """Write ``A row: a probed network.``; a text that is already a sentence is unchanged."""
    return about if about.endswith(".") else f"A row: {about}."
