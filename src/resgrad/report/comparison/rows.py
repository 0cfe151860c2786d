"""The rows of the closing table as pictures: all rows in one, and each row in its own."""

from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from resgrad.common.frames import records, typed_rows
from resgrad.report.comparison.layout import arrange, finish
from resgrad.report.comparison.panels import Panel
from resgrad.report.room import Room
from resgrad.report.style import look

KEY = (
    "dots, steps, pale lines: runs · other lines: means over seeds · bands: smallest to largest\n"
    "hollow: diverged, counted as guessing; training time: target never reached, counted with the whole budget"
)
"""Key to the picture of all rows."""

COLUMNS = 3
"""Columns of the picture of all rows."""


@look
def draw_overview(title: str, room: Room) -> Figure:
    """Draw a panel per row, with all depths if the panel can show them, else the greatest.

    Args:
        title: names the data.
        room: the tables of the comparison.
    """
    rows = room["rows"]
    lines = -(-len(rows) // COLUMNS)
    figure = Figure(figsize=(14, 4 * lines), layout="constrained")
    grid = figure.subplots(lines, COLUMNS, squeeze=False).ravel()
    for unused in grid[len(rows) :]:
        unused.remove()
    for axes, row in zip(grid, records(rows), strict=False):
        (panel,) = _panels(room, row["row"], overview=True)
        table = room[panel.table]
        part = table if panel.module.ALL_DEPTHS else _deepest(table)
        panel.module.draw(axes, panel, part, table)
        axes.set_title(row["heading"].format(depth=room.about["depth"]))
    finish(figure, title, KEY)
    return figure


@look
def draw_row(title: str, room: Room, row: dict[str, Any]) -> Figure:
    """Draw the panels of one row.

    Args:
        title: names the data.
        room: the tables of the comparison.
        row: a row of the table of rows.
    """
    parts = [
        (panel, heading, part, room[panel.table])
        for panel in _panels(room, row["row"], overview=False)
        for heading, part in panel.module.split(panel, room[panel.table])
    ]
    figure, axes = arrange(len(parts), width=row["width"])
    for place, (panel, heading, part, whole) in zip(axes, parts, strict=True):
        panel.module.draw(place, panel, part, whole)
        if hasattr(panel.module, "limits"):
            place.set_ylim(panel.module.limits(whole))
        place.set_title(heading)
    finish(figure, title, row["key"])
    return figure


def _panels(room: Room, row: str, *, overview: bool) -> list[Panel]:
    """List the panels of a row, with the target filled in."""
    table = room["panels"]
    chosen = table[(table["row"] == row) & (table["overview"] == overview)]
    return [
        panel._replace(label=panel.label.format(target=room.about["target"])) for panel in typed_rows(chosen, Panel)
    ]


def _deepest(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["depth"] == table["depth"].max()]
