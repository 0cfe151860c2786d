"""Modules import each other in one direction: there are no cycles, even in imports for type checkers."""

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.paths import ROOT


def imports(source: Path) -> dict[str, set[str]]:
    """List, for every module below a folder, its imports from there, anywhere in its code and under any condition.

    ``from package import module`` imports the module. The package's ``__init__``, which runs first, does not count: it
    may collect the offers of its own modules.
    """
    files = {name(file, source): file for file in source.rglob("*.py")}
    graph = {}
    for module, file in files.items():
        imported = set()
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{module} has a relative import, which is not followed here"
                within = {f"{node.module}.{alias.name}" for alias in node.names}
                imported |= {path if path in files else node.module for path in within}
        graph[module] = imported & files.keys()
    return graph


def name(file: Path, source: Path) -> str:
    parts = file.relative_to(source).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def circle(source: Path) -> list[str]:
    """Return the names of modules in a cycle, from one to itself; none if there is no cycle."""
    try:
        TopologicalSorter(imports(source)).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def test_no_module_imports_itself_by_way_of_others():
    assert len(imports(ROOT / "src")) > 100
    assert circle(ROOT / "src") == []


@pytest.mark.parametrize(
    "back",
    [
        "import box.a",
        "from box import a",
        "from box.a import A",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from box.a import A",
        "def late():\n    from box.a import A",
    ],
)
def test_a_circle_is_found_however_it_is_hidden(tmp_path, back):
    (tmp_path / "box").mkdir()
    for module, code in {"__init__": "from box.a import A", "a": "from box import b\nA = 1", "b": ""}.items():
        (tmp_path / "box" / f"{module}.py").write_text(code, encoding="utf-8")
    assert circle(tmp_path) == []
    (tmp_path / "box/b.py").write_text(back, encoding="utf-8")
    assert set(circle(tmp_path)) == {"box.a", "box.b"}
