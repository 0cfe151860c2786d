"""Tables as data: the names, types and meanings of a Parquet file's columns; writing and reading enforce them.

pandas takes long to import and a training does not need it, so it is not imported here, but only by code that reads or
writes a table as a frame.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from resgrad.common.files import replacing, write_json

if TYPE_CHECKING:
    import pandas as pd

ABOUT = "about.json"
"""Stands beside a room's tables and says, in names and single numbers, what they are about."""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        name: its name in the file.
        type: strings, integers, floats, booleans, or lists of these, of any length or a fixed one.
        meaning: what a value means; a phrase without a full stop.
        unit: unit of a value; empty if it has none.
    """

    name: str
    type: pa.DataType
    meaning: str
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """The schema of one kind of Parquet file.

    Raises:
        ValueError: two columns have the same name.

    Attributes:
        name: its name.
        about: what a row is, and what applies to several columns.
        columns: the columns, in the order of the file.
        split_bytes: columns of floats that hardly ever repeat: a dictionary is of no use for them, and Parquet's byte
            stream split makes them a fifth smaller.
    """

    name: str
    about: str
    columns: tuple[Column, ...]
    split_bytes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"The table {self.name} has several columns called {', '.join(repeated)}.")

    @property
    def schema(self) -> pa.Schema:
        """Names and types of the columns, for Arrow."""
        return pa.schema([(column.name, column.type) for column in self.columns])

    def write(self, path: Path, values: "pd.DataFrame | Mapping[str, Any]") -> None:
        """Write the file, as a whole or not at all.

        Args:
            path: the file.
            values: a frame, or arrays or lists by column name, in any order. NaN stays NaN in a column of floats and
                in lists; elsewhere it is a missing value. A list of fixed length is a row of an array, or an object.

        Raises:
            ValueError: a column is missing or surplus, or holds a value that does not fit its type.
        """
        names = self.schema.names
        missing = [name for name in names if name not in values]
        surplus = [str(name) for name in values if name not in names]
        if missing or surplus:
            raise ValueError(
                f"The table {self.name} does not get the columns it has; missing: {', '.join(missing) or 'none'}; "
                f"surplus: {', '.join(surplus) or 'none'}."
            )
        arrays = [self._array(column, values[column.name]) for column in self.columns]
        options = {}
        if self.split_bytes:
            dictionary = [name for name in names if name not in self.split_bytes]
            options = {"use_dictionary": dictionary, "use_byte_stream_split": list(self.split_bytes)}
        with replacing(path) as partial:
            parquet.write_table(pa.table(arrays, schema=self.schema), partial, compression="zstd", **options)

    def read(self, path: Path, columns: list[str] | None = None) -> "pd.DataFrame":
        """Read the file, or some of its columns.

        Raises:
            ValueError: the file is damaged, or holds another table.
        """
        with parquet.ParquetFile(path) as file:
            if not file.schema_arrow.equals(self.schema):
                raise ValueError(f"{path} does not have the columns of the table {self.name}.")
            return file.read(columns=columns).to_pandas()

    def markdown(self) -> str:
        """Return a Markdown table with a row per column of this one."""
        rows = [("column", "type", "unit", "meaning"), ("---",) * 4]
        rows += [(f"`{c.name}`", _type_name(c.type), c.unit, c.meaning) for c in self.columns]
        return "".join("| " + " | ".join(cell.replace("|", r"\|") for cell in row) + " |\n" for row in rows)

    def _array(self, column: Column, values: Any) -> pa.Array:
        if hasattr(values, "to_numpy"):  # a column of a frame
            values = values.to_numpy()
        try:
            if pa.types.is_fixed_size_list(column.type):
                rows = np.stack(list(values)) if len(values) else np.empty((0, column.type.list_size))
                if rows.shape != (len(values), column.type.list_size):
                    raise ValueError(f"rows have {rows.shape[1:]} values, not {column.type.list_size}")
                flat = pa.array(rows.reshape(-1), column.type.value_type)
                return pa.FixedSizeListArray.from_arrays(flat, column.type.list_size)
            keeps_nan = pa.types.is_floating(column.type) or pa.types.is_nested(column.type)
            return pa.array(values, column.type, from_pandas=not keeps_nan)
        except (ValueError, TypeError) as error:  # Arrow's own errors are of these classes
            raise ValueError(f"The table {self.name}, column {column.name}: {error}") from error


def write_room(folder: Path, tables: "Mapping[Table, pd.DataFrame]", about: Mapping[str, Any]) -> None:
    """Replace a room's folder, as a whole or not at all: one Parquet file per table, and :data:`ABOUT`.

    Args:
        folder: the room's folder.
        tables: the rows, by table.
        about: what the tables are about.
    """
    with replacing(folder) as partial:
        partial.mkdir()
        for table, frame in tables.items():
            table.write(partial / f"{table.name}.parquet", frame)
        write_json(partial / ABOUT, about, digits=None)


def _type_name(of: pa.DataType) -> str:
    if pa.types.is_fixed_size_list(of):
        return f"list<{of.value_type}>[{of.list_size}]"
    return f"list<{of.value_type}>" if pa.types.is_list(of) else str(of)
