"""The input of a report: the tables of a room, and what they are about."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from resgrad.common.errors import ResgradError
from resgrad.common.tables import ABOUT


class Room:
    """A folder of tables, each read on first access."""

    def __init__(self, folder: Path) -> None:
        """Read the description of the tables.

        Raises:
            ResgradError: the folder holds no tables.
        """
        self._folder = folder
        try:
            self.about: dict[str, Any] = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            raise ResgradError(f"{folder / ABOUT} is missing or damaged; `dvc repro` makes it.") from None
        self._read = cache(self._read_table)

    def __contains__(self, name: str) -> bool:
        return self._path(name).exists()

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self._read(name).copy()

    def find(self, name: str) -> pd.DataFrame | None:
        """Read a table that may be missing."""
        if name not in self:
            return None
        return self[name]

    @property
    def data(self) -> str:
        """The data in titles: ``mnist (embedded data)``."""
        return f"{self.about['dataset']} ({self.about['provenance']} data)"

    def write_csv(self, name: str, path: Path) -> None:
        """Write a table for Git: six significant digits, nothing for null."""
        self[name].to_csv(path, index=False, float_format="%.6g", lineterminator="\n")

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.parquet"

    def _read_table(self, name: str) -> pd.DataFrame:
        try:
            return pd.read_parquet(self._path(name))
        except (FileNotFoundError, ValueError):
            raise ResgradError(f"{self._path(name)} is missing or damaged; `dvc repro` makes it.") from None


def seeds_text(table: pd.DataFrame) -> str:
    """Write the number of seeds in a table, see :func:`count_text`."""
    return count_text(table["seed"].nunique())


def count_text(seeds: int) -> str:
    """Write ``n = 3 seeds`` or ``n = 1 seed``."""
    return f"n = {seeds} seed{'' if seeds == 1 else 's'}"
