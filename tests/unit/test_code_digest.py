"""Files that an import reaches, and their digest."""

import importlib
import sys

import pytest

from resgrad.common import imports
from resgrad.common.imports import digest_of_code, imported_files


@pytest.fixture
def box(tmp_path, monkeypatch):
    """Return a function that writes a module of a package ``box``, which counts as one of the project."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(imports, "PACKAGES", ("box",))
    (tmp_path / "box/room").mkdir(parents=True)

    def write(module, code):
        (tmp_path / "box" / f"{module}.py").write_text(code, encoding="utf-8")
        importlib.invalidate_caches()

    write("__init__", '"""A package."""\n')
    write("room/__init__", "")
    write("main", "import json\nfrom box.a import VALUE\n")
    write("a", "VALUE = 1\n")
    write("b", "VALUE = 2\n")
    write("room/kind", "from box import b\n")
    yield write
    for name in [name for name in sys.modules if name.split(".")[0] == "box"]:
        del sys.modules[name]


def names(*modules):
    return list(imported_files(*modules))


@pytest.mark.parametrize(
    "code",
    [
        "import box.b",
        "from box import b",
        "from box.b import VALUE",
        "import box.room.kind",
        "from box.room import kind",
        "def late():\n    from box import b",
        "if False:\n    import box.b",
    ],
)
def test_an_import_counts_however_and_wherever_it_stands(box, code):
    assert names("box.main") == ["box.a", "box.main"]
    box("main", f"from box.a import VALUE\n{code}\n")
    assert {"box.a", "box.b", "box.main"} <= set(names("box.main"))


def test_a_module_that_is_imported_by_name_is_passed_too(box):
    assert names("box.main", "box.room.kind") == ["box.a", "box.b", "box.main", "box.room.kind"]


def test_packages_count_if_they_hold_more_than_a_docstring(box):
    box("__init__", '"""A package."""\n\nSETTING = 1\n')
    assert names("box.a") == ["box", "box.a"]


def test_a_circle_ends(box):
    box("a", "import box.main\n")
    assert names("box.a") == ["box.a", "box.main"]


def test_a_digest_changes_with_every_file_that_is_reached_and_with_no_other(box):
    before = digest_of_code(["box.main"])
    box("b", "VALUE = 3\n")
    box("c", "VALUE = 3\n")
    box("__init__", '"""Another docstring."""\n')
    assert digest_of_code(["box.main"]) == before
    box("a", "VALUE = 4\n")
    edited = digest_of_code(["box.main"])
    assert edited != before
    box("main", "from box.a import VALUE  # edited\n")
    assert digest_of_code(["box.main"]) not in {before, edited}


def test_the_same_contents_under_other_names_are_another_digest(box):
    box("a", "")
    box("b", "")
    assert digest_of_code(["box.a"]) == digest_of_code(["box.b"])  # they hold nothing
    box("a", "VALUE = 1\n")
    box("b", "VALUE = 1\n")
    assert digest_of_code(["box.a"]) != digest_of_code(["box.b"])


def test_what_cannot_be_followed_is_refused(box):
    box("a", "from . import b\n")
    with pytest.raises(ImportError, match="relative import"):
        imported_files("box.a")
    with pytest.raises(ImportError, match=r"box\.missing"):
        imported_files("box.missing")
