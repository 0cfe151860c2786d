"""Rooms: stages write the tables that the code describes, and a report reads only its own room."""

import ast
import importlib
import json
import pkgutil
import re
import shutil
from pathlib import Path

import pytest
from ruamel.yaml import YAML
from safetensors.torch import save_file

import resgrad.report
from handbook.tables import tables_page
from resgrad.common.cells import Matrix
from resgrad.common.config import read
from resgrad.common.tables import ABOUT, Table
from resgrad.comparison.row import Row
from resgrad.models import build_network
from resgrad.models.config import load_model
from stages.audit import audit
from stages.compare import compare_variants
from stages.inspect import inspect_runs
from stages.probe import probe
from stages.report import PAGES, write_report
from stages.timing import timing
from tests.paths import PARAMS
from tests.unit.fake_runs import write_run
from tests.unit.fake_tolerance import write_tolerance
from tests.unit.leaf_shards import CLASSES, write_shards
from tests.unit.probe_configs import probe_values

STAGES = {
    "audit": audit,
    "comparison": compare_variants,
    "inspection": inspect_runs,
    "probe": lambda _dataset: probe(),
    "timing": timing,
}
"""The function that writes the tables of a page's room, by page."""

SHAPE = (3, 8, 8)
LISTS = {"datasets": ["plantvillage"], "variants": ["plain", "residual"], "depths": [14, 8], "seeds": [0, 1]}


def write_study(folder):
    """Write everything that a stage may read: parameters, shards, and runs with their weights.

    There are leaves and a loss surface, so that no table is left out.
    """
    parameters = read(PARAMS) | LISTS
    parameters["model"]["width"] = 2
    parameters["inspect"] = {"networks": None, "images": 6, "paths": 3, "loss_surface": {"steps": 1, "radius": 1.0}}
    parameters["inspect"]["lesions"] = {"images": 6, "reorderings": 2}
    parameters["audit"] = {"depth": 8, "width": 2, "epochs": 2, "seeds": [0, 1]}
    parameters["probe"] = probe_values({"depths": [4, 5, 6, 7]})  # enough for growth over depth
    YAML().dump(parameters, folder / "params.yaml")
    write_shards(folder / "data/shards/plantvillage", shape=SHAPE)
    (folder / "data/params.json").write_text(json.dumps({"data": parameters["data"]}), encoding="utf-8")
    write_tolerance(folder, "plantvillage", depth=14, seeds=[0, 1], target=0.4)
    model = load_model(parameters["model"])
    for cell in Matrix(**LISTS).cells("plantvillage"):
        write_run(folder, cell, classes=CLASSES, accuracy=0.4 if cell.variant == "plain" else 0.9)
        network = build_network(
            model, depth=cell.depth, residual=cell.residual, image_shape=SHAPE, classes=len(CLASSES), seed=cell.seed
        )
        save_file(network.state_dict(), folder / "data/runs/plantvillage" / cell.name / "weights.safetensors")


def dataset_of(page):
    return None if page == "probe" else "plantvillage"


def room_of(page, folder):
    return folder / "data" / page / (dataset_of(page) or "")


@pytest.fixture(scope="module", params=sorted(STAGES))
def page(request):
    return request.param


@pytest.fixture(scope="module")
def study(page, tmp_path_factory):
    """A folder in which the stage of one page has run, and the report on it."""
    folder = tmp_path_factory.mktemp(page)
    write_study(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr("os.cpu_count", lambda: 1)
        STAGES[page](dataset_of(page))
        write_report(page, dataset_of(page))
    return folder


def defined(page):
    """List the tables that the package of a room defines, in any of its modules."""
    package = importlib.import_module(f"resgrad.{page}")
    found = {}
    for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            of_value = value.tables if isinstance(value, Row) else [value]
            found |= {id(table): table for table in of_value if isinstance(table, Table)}
    return list(found.values())


def test_no_page_is_left_out_here():
    assert sorted(STAGES) == sorted(PAGES)


def test_a_room_holds_the_tables_that_its_package_defines_and_no_others(page, study):
    written = {path.name for path in room_of(page, study).iterdir()}
    assert written == {ABOUT, *(f"{table.name}.parquet" for table in defined(page))}


def test_every_table_of_a_room_has_exactly_the_columns_that_it_is_said_to_have(page, study):
    for table in defined(page):
        frame = table.read(room_of(page, study) / f"{table.name}.parquet")
        assert frame.columns.tolist() == [column.name for column in table.columns], table.name
        assert len(frame), f"{table.name} is empty and tells nothing"


def test_no_two_tables_of_a_room_have_the_same_name(page):
    """One would overwrite the other."""
    names = [table.name for table in defined(page)]
    assert sorted(names) == sorted(set(names))


def test_every_table_and_every_column_says_what_it_means(page):
    assert [table.name for table in defined(page) if not table.about.strip()] == []
    silent = [(table.name, column.name) for table in defined(page) for column in table.columns if not column.meaning]
    assert silent == []


def test_the_handbook_describes_every_table_of_a_room(page, study):
    _, section = tables_page().split(f"## `data/{page}")
    described = re.findall("^### (.+)$", section.split("\n## ")[0], re.MULTILINE)
    assert sorted(described) == sorted(path.stem for path in room_of(page, study).glob("*.parquet"))


def test_a_report_reads_its_room_and_nothing_else(page, study, tmp_path, monkeypatch):
    shutil.copytree(room_of(page, study), room_of(page, tmp_path))
    monkeypatch.chdir(tmp_path)
    write_report(page, dataset_of(page))

    def reported(folder):
        files = [path for top in ("metrics", "plots") for path in (folder / top).rglob("*.*") if path.suffix != ".json"]
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}

    here, there = reported(tmp_path), reported(study)
    assert {Path(name).suffix for name in here} == {".md", ".csv", ".png"}
    assert sorted(here) == sorted(there)
    assert [name for name in here if here[name] != there[name]] == []


# --- imports -----------------------------------------------------------------------------------------------------

PROJECT = ("resgrad", "stages", "handbook", "tests")
SHARED = ("resgrad.common", "resgrad.report")
"""The modules of the project that a report may import."""


def imported(code):
    """List the project's modules that some code imports, anywhere and under any condition, but a report may not."""
    names = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import, which is not followed here"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    of_project = {name for name in names if name.split(".")[0] in PROJECT}
    return {name for name in of_project if not any(f"{name}.".startswith(f"{shared}.") for shared in SHARED)}


def test_reports_import_nothing_of_the_project_but_what_all_rooms_share():
    files = list(Path(resgrad.report.__file__).parent.rglob("*.py"))
    assert len(files) > 20
    others = {str(file): imported(file.read_text(encoding="utf-8")) for file in files}
    assert {file: names for file, names in others.items() if names} == {}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("from resgrad.comparison.rows import rows", {"resgrad.comparison.rows.rows"}),
        ("from resgrad import comparison, report", {"resgrad.comparison"}),
        ("import resgrad.commonplace", {"resgrad.commonplace"}),
        ("def late():\n    import stages._run", {"stages._run"}),
        ("if TYPE_CHECKING:\n    from resgrad.results.runs import Run", {"resgrad.results.runs.Run"}),
        ("import json\nfrom resgrad.common.cells import VARIANTS\nimport resgrad.report.room", set()),
    ],
)
def test_what_a_report_may_not_import_is_found_wherever_it_stands(code, names):
    assert imported(code) == names
