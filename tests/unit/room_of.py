"""A room of tables made up by a test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from resgrad.common.tables import Table, write_room
from resgrad.report.room import Room


def room_of(folder: Path, tables: Mapping[Table, pd.DataFrame], about: Mapping[str, Any]) -> Room:
    """Write tables as the stages do, and open the room as reports do.

    Args:
        folder: the folder to replace.
        tables: the rows, by table.
        about: what the tables are about.
    """
    write_room(folder, tables, about)
    return Room(folder)


def rows_of(page: str) -> list[list[str]]:
    """Return the cells of all Markdown tables of a page, row by row, including headers and rulers."""
    lines = [line for line in page.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
