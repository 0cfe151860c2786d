"""Tables as data: what is written matches the description, and what is read matches what was written."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from resgrad.common.tables import Column, Table
from tests.paths import ROOT

TABLE = Table(
    "things",
    "One row per thing.",
    (
        Column("name", pa.string(), "what it is called"),
        Column("count", pa.int32(), "how many | of them", "things"),
        Column("root", pa.int64(), "a large number"),
        Column("share", pa.float64(), "of all, in [0, 1]"),
        Column("good", pa.bool_(), "whether it is"),
        Column("places", pa.list_(pa.int64()), "where they are"),
        Column("weights", pa.list_(pa.float32()), "of each"),
        Column("pair", pa.list_(pa.int32(), 2), "both ends"),
    ),
)
ROWS = {
    "name": ["a", "b", "a"],
    "count": [1, 2, 3],
    "root": [2**62, 0, -1],
    "share": [0.5, np.nan, np.inf],
    "good": [True, False, True],
    "places": [[1, 2], [], [3]],
    "weights": [[0.5], [np.nan, 1.0], []],
    "pair": [[1, 2], [3, 4], [5, 6]],
}


def frame(**changes):
    return pd.DataFrame({**ROWS, **changes})


def written(path, values, table=TABLE):
    table.write(path, values)
    return path.read_bytes()


def test_a_table_is_read_as_it_was_written(tmp_path):
    TABLE.write(tmp_path / "things.parquet", frame())
    read = TABLE.read(tmp_path / "things.parquet")
    assert read.columns.tolist() == list(ROWS)
    for name, values in ROWS.items():
        assert repr([np.asarray(value).tolist() for value in read[name]]) == repr(values), name
    assert TABLE.read(tmp_path / "things.parquet", ["share", "name"]).columns.tolist() == ["share", "name"]


def test_the_file_holds_the_schema_and_nothing_else(tmp_path):
    TABLE.write(tmp_path / "things.parquet", frame())
    with parquet.ParquetFile(tmp_path / "things.parquet") as file:
        assert file.schema_arrow.equals(TABLE.schema)
        assert file.schema_arrow.metadata is None
        assert file.metadata.row_group(0).column(0).compression == "ZSTD"


def test_frames_lists_and_arrays_give_the_same_bytes_in_any_order(tmp_path):
    of_frame = written(tmp_path / "frame.parquet", frame())
    assert written(tmp_path / "lists.parquet", dict(reversed(ROWS.items()))) == of_frame
    arrays = {name: np.array(ROWS[name]) for name in ("count", "root", "share", "good", "pair")}
    assert written(tmp_path / "arrays.parquet", ROWS | arrays) == of_frame


def test_a_missing_and_a_surplus_column_are_named(tmp_path):
    values = frame(extra=1, more=2).drop(columns=["root", "good"])
    with pytest.raises(ValueError, match=r"things .* missing: root, good; surplus: extra, more\.$"):
        TABLE.write(tmp_path / "things.parquet", values)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("count", [0.5, 1, 2]),
        ("count", [2**31, 1, 2]),
        ("name", [1, 2, 3]),
        ("share", ["a", "b", "c"]),
        ("pair", [[1], [2], [3]]),
        ("pair", [[1, 2], [3], [4, 5]]),
    ],
)
def test_what_a_column_cannot_hold_is_refused_and_the_old_file_stays(tmp_path, column, values):
    before = written(tmp_path / "things.parquet", frame())
    with pytest.raises(ValueError, match=f"The table things, column {column}: "):
        TABLE.write(tmp_path / "things.parquet", frame(**{column: values}))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [before]


def test_what_is_missing_is_null_but_for_floats_where_nan_is_a_value(tmp_path):
    TABLE.write(tmp_path / "things.parquet", frame(name=["a", None, "b"], share=[1.0, np.nan, 2.0], root=[1, None, 2]))
    table = parquet.read_table(tmp_path / "things.parquet")
    assert {name: table[name].null_count for name in ("name", "share", "root")} == {"name": 1, "share": 0, "root": 1}


def test_a_table_without_rows_has_its_columns(tmp_path):
    TABLE.write(tmp_path / "things.parquet", frame().iloc[:0])
    read = TABLE.read(tmp_path / "things.parquet")
    assert (len(read), read.columns.tolist()) == (0, list(ROWS))


def test_another_table_is_not_read(tmp_path):
    other = Table("other", "", TABLE.columns[1:])
    other.write(tmp_path / "other.parquet", frame().drop(columns="name"))
    with pytest.raises(ValueError, match=r"other.parquet does not have the columns of the table things\.$"):
        TABLE.read(tmp_path / "other.parquet")


def test_columns_have_different_names():
    with pytest.raises(ValueError, match=r"^The table twice has several columns called name\.$"):
        Table("twice", "", (*TABLE.columns, TABLE.columns[0]))


def test_split_bytes_take_the_place_of_dictionaries(tmp_path):
    table = Table("split", "", TABLE.columns[2:4], split_bytes=("share",))
    table.write(tmp_path / "split.parquet", frame()[["root", "share"]])
    with parquet.ParquetFile(tmp_path / "split.parquet") as file:
        encodings = [set(file.metadata.row_group(0).column(i).encodings) for i in range(2)]
    assert "RLE_DICTIONARY" in encodings[0]
    assert "BYTE_STREAM_SPLIT" in encodings[1]
    assert "RLE_DICTIONARY" not in encodings[1]


def test_markdown_has_a_row_per_column():
    assert TABLE.markdown().splitlines() == [
        "| column | type | unit | meaning |",
        "| --- | --- | --- | --- |",
        "| `name` | string |  | what it is called |",
        r"| `count` | int32 | things | how many \| of them |",
        "| `root` | int64 |  | a large number |",
        "| `share` | double |  | of all, in [0, 1] |",
        "| `good` | bool |  | whether it is |",
        "| `places` | list<int64> |  | where they are |",
        "| `weights` | list<float> |  | of each |",
        "| `pair` | list<int32>[2] |  | both ends |",
    ]


def test_a_training_imports_neither_pandas_nor_what_else_takes_long():
    """Imports add to the time of each of many trainings."""
    code = "import sys, stages.train; print(*({'pandas', 'sklearn', 'scipy', 'matplotlib'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
