from typing import NamedTuple

import pandas as pd
import pytest

from resgrad.common.frames import records, typed_rows

FRAME = pd.DataFrame({"depth": [8, 14], "variant": ["plain", "residual"], "mean": [0.5, float("nan")]})


class Row(NamedTuple):
    variant: str
    depth: int


def test_rows_hold_plain_values_by_column_name():
    rows = records(FRAME)
    assert rows[0] == {"depth": 8, "variant": "plain", "mean": 0.5}
    assert [type(value) for value in rows[1].values()] == [int, str, float]


def test_a_typed_row_has_the_columns_of_its_fields_in_their_order():
    assert typed_rows(FRAME, Row) == [Row("plain", 8), Row("residual", 14)]
    assert [type(value) for value in typed_rows(FRAME, Row)[1]] == [str, int]


def test_no_rows_are_no_rows_and_a_missing_column_is_an_error():
    assert records(FRAME[:0]) == typed_rows(FRAME[:0], Row) == []
    with pytest.raises(KeyError, match="depth"):
        typed_rows(FRAME[["variant"]], Row)
