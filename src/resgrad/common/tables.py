"""Tables as an interface: what columns there are, of which type and unit, and what they mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from resgrad.common.files import replacing, write_json

if TYPE_CHECKING:
    import pandas as pd

ABOUT = "about.json"
"""Beside a room's tables: what they are about, in names and single numbers."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: of the column.
        type: of its values.
        meaning: in a line.
        unit: of its values; empty for names, counts and ratios.
    """

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """A table that a stage writes and others read.

    Attributes:
        name: of its file.
        about: what a row is.
        columns: in their order.
    """

    name: str
    about: str
    columns: tuple[Column, ...]

    @property
    def schema(self) -> pa.Schema:
        """The columns as Arrow has them."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    def write(self, path: Path, frame: "pd.DataFrame | Mapping[str, Any]") -> None:
        """Write a table, whole or not at all.

        Raises:
            ValueError: a column is missing, or one too many.
        """
        names = self.schema.names
        if set(frame) != set(names):
            missing, surplus = sorted(set(names) - set(frame)), sorted(set(frame) - set(names))
            raise ValueError(f"table {self.name}: missing columns {missing}, surplus columns {surplus}")
        arrays = [pa.array(frame[column.name], column.type, from_pandas=True) for column in self.columns]
        with replacing(path) as partial:
            pq.write_table(pa.table(arrays, schema=self.schema), partial, compression="zstd")


def write_room(folder: Path, tables: "Mapping[Table, pd.DataFrame]", about: Mapping[str, Any]) -> None:
    """Replace a room's folder: one Parquet file a table, and :data:`ABOUT`."""
    with replacing(folder) as partial:
        partial.mkdir()
        for table, frame in tables.items():
            table.write(partial / f"{table.name}.parquet", frame)
        write_json(partial / ABOUT, about, digits=None)
