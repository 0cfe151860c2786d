import json

import pytest

from resgrad.common.files import replacing, write_json


def test_a_file_is_replaced_as_a_whole(tmp_path):
    path = tmp_path / "new" / "a.txt"
    with replacing(path) as partial:
        partial.write_text("half")
        assert not path.exists()
    assert path.read_text() == "half"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_an_error_leaves_what_was_there(tmp_path, kind):
    path = tmp_path / "out"
    path.write_text("old") if kind == "file" else path.mkdir()

    def fail() -> None:
        with replacing(path) as partial:
            if kind == "file":
                partial.write_text("new")
            else:
                partial.mkdir()
                (partial / "inside").write_text("new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list(tmp_path.iterdir()) == [path]
    assert path.read_text() == "old" if kind == "file" else not list(path.iterdir())


def test_a_folder_replaces_a_folder(tmp_path):
    path = tmp_path / "out"
    path.mkdir()
    (path / "old").touch()
    with replacing(path) as partial:
        partial.mkdir()
        (partial / "new").touch()
    assert [p.name for p in path.iterdir()] == ["new"]


def test_json_is_sorted_and_rounded_to_six_digits(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"b": 0.123456789, "a": [1234567.8, 10**9], "c": 1.23456789e-12})
    assert path.read_text() == (
        '{\n  "a": [\n    1234570.0,\n    1000000000\n  ],\n  "b": 0.123457,\n  "c": 1.23457e-12\n}\n'
    )


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_json_never_holds_what_is_not_a_number(tmp_path, value):
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "a.json", {"a": value})
    assert not list(tmp_path.iterdir())


def test_json_keeps_whole_numbers_whole(tmp_path):
    write_json(tmp_path / "a.json", {"n": 12345678})
    assert json.loads((tmp_path / "a.json").read_text()) == {"n": 12345678}
