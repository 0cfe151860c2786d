"""Write docs/tables.md from the tables as the code has them: ``python docs/make_tables.py``, or ``make docs``."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

from resgrad import audit, comparison, gradients, inspection, probe, timing  # noqa: E402
from resgrad.audit import tables as audit_tables  # noqa: E402
from resgrad.common.tables import Table  # noqa: E402
from resgrad.comparison import tables as comparison_tables  # noqa: E402
from resgrad.comparison.rows import rows  # noqa: E402
from resgrad.gradients.statistics import statistics  # noqa: E402
from resgrad.gradients.table import gradient_table  # noqa: E402
from resgrad.inspection import tables as inspection_tables  # noqa: E402
from resgrad.probe import tables as probe_tables  # noqa: E402
from resgrad.probe.table import TABLE  # noqa: E402
from resgrad.timing import times  # noqa: E402

PAGE = ROOT / "docs/tables.md"

INTRODUCTION = """\
# Tables

Every table that a stage writes, from the code that writes it (`make docs`). NaN stands for what is undefined. Beside
the tables of a room lies `about.json`: what they are about, in names and single numbers. The reports copy the tables
that their pages rest on into `metrics/<page>-<dataset>/` as CSV.
"""


def in_module(module: object) -> list[Table]:
    """List the tables that a module defines."""
    return [value for value in vars(module).values() if isinstance(value, Table)]


def page() -> str:
    """Return the whole page."""
    of_rows = [table for row in rows().values() for table in row.tables]
    rooms = {
        "data/gradients/<dataset>/<run>.parquet": (gradients, [gradient_table(statistics())]),
        "data/probe": (probe, [TABLE, *in_module(probe_tables)]),
        "data/comparison/<dataset>": (comparison, in_module(comparison_tables) + of_rows),
        "data/inspection/<dataset>": (inspection, in_module(inspection_tables)),
        "data/audit/<dataset>": (audit, in_module(audit_tables)),
        "data/timing/<dataset>": (timing, in_module(times)),
    }
    parts = [INTRODUCTION]
    for place, (room, tables) in rooms.items():
        parts.append(f"## `{place}`\n\n{(room.__doc__ or '').strip()}\n")
        parts += [f"### {table.name}\n\nA row: {table.about}.\n\n{table.markdown()}" for table in tables]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
