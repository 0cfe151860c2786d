"""Frames as typed rows: pandas' types promise neither a frame's columns nor that their names are text."""

from typing import Any, NamedTuple, TypeVar

import pandas as pd

AnyRow = TypeVar("AnyRow", bound=NamedTuple)


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as dictionaries by column name."""
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def typed_rows(frame: pd.DataFrame, kind: type[AnyRow]) -> list[AnyRow]:
    """Return the rows as named tuples, with the columns that are fields of ``kind``."""
    return [kind._make(row) for row in frame[list(kind._fields)].itertuples(index=False, name=None)]


def to_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Turn a frame into rows for a plot file, with None for NaN.

    Every row has every key: DVC drops a list whose first row lacks a key that a later one has.
    """
    return records(frame.astype(object).where(frame.notna(), None))
