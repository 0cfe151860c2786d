"""The dependencies of a stage in dvc.yaml are what the stage imports."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from resgrad.comparison.config import TargetConfig
from resgrad.preprocess.config import PreprocessConfig
from resgrad.study import DatasetSection
from resgrad.training.config import BudgetConfig
from tests.paths import ROOT

PIPELINE, PARAMS = (YAML(typ="safe").load(ROOT / name) for name in ("dvc.yaml", "params.yaml"))
STAGES = PIPELINE["stages"]
IMPORTED = """
import importlib, json, sys
from pathlib import Path
root = Path.cwd()
importlib.import_module("stages." + sys.argv[1])
before = set(sys.modules)
for modules in json.loads(sys.argv[2]):
    for module in modules:
        importlib.import_module(module)
    files = {Path(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
    print(json.dumps([str(f.relative_to(root)) for f in files if f.is_relative_to(root) and ".venv" not in f.parts]))
    for name in {name for name in sys.modules if name.startswith("resgrad.")} - before:
        del sys.modules[name]
"""
DEAR = {"download", "train", "rate", "audit"}
"""Stages that list files: other files in a room must not make them run again."""

BY_NAME = {"networks": "network", "shortcuts": "shortcut", "activations": "activation"}
"""Packages of src/resgrad/models whose modules are imported by name, and the parameter that names one."""

CHOSEN = {package: PARAMS["model"][parameter] for package, parameter in BY_NAME.items()}


def is_optional(file: str) -> bool:
    """Say whether a file contains nothing that decides a result, only a search path or the docstring of a room."""
    path = Path(file)
    return path.name == "__init__.py" and (len(path.parts) <= 3 or path.parts[2] != "models") and len(path.parts) <= 4


def kinds(package: str) -> list[str]:
    """List the modules of a package that are imported by name."""
    return sorted(file.stem for file in (ROOT / "src/resgrad/models" / package).glob("[a-z]*.py"))


@cache
def imported(stage: str, choices: tuple[tuple[str, ...], ...] = ((),)) -> list[set[str]]:
    """List the code that a stage imports, for each choice of its modules imported by name."""
    module = STAGES[stage]["cmd"].split()[2].removeprefix("stages.")
    output = subprocess.run(
        [sys.executable, "-c", IMPORTED, module, json.dumps(choices)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [set(json.loads(line)) for line in output.splitlines()]


def by_name(stage: str) -> tuple[str, ...]:
    """List the modules that a stage imports by name with the committed parameters."""
    networks = tuple(f"resgrad.models.{package}.{kind}" for package, kind in CHOSEN.items())
    pages = tuple(f"resgrad.report.{page}" for page in ("comparison", "inspection", "audit", "timing", "probe"))
    data_formats = tuple(f"resgrad.datasets.formats.{name}" for name in ("cifar", "folder", "idx"))
    loaded = {"download": data_formats, "preprocess": data_formats}
    return {**loaded, **dict.fromkeys(("train", "rate", "audit", "inspect", "probe"), networks)}.get(
        stage, pages if stage.startswith("report") else ()
    )


def declared(stage: str, chosen: dict[str, str] = CHOSEN) -> set[str]:
    """List the code that a stage declares in dvc.yaml: files and folders."""
    deps = set()
    for dep in STAGES[stage]["deps"]:
        if dep.startswith(("src/", "stages")):
            for package, parameter in BY_NAME.items():
                dep = dep.replace(f"${{model.{parameter}}}", chosen[package])  # noqa: PLW2901
            assert (ROOT / dep).exists(), dep
            deps.add(dep)
    return deps


def lies_in(file: str, dep: str) -> bool:
    return file == dep or file.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_declares_the_code_it_imports(stage):
    (code,) = imported(stage, (by_name(stage),))
    # Formats are tracked by digest.
    code = {file for file in code if stage != "download" or not file.startswith("src/resgrad/datasets/formats/")}
    missing = {file for file in code if not any(lies_in(file, dep) for dep in declared(stage))}
    assert {file for file in missing if not is_optional(file)} == set()


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "check"])
def test_a_stage_declares_nothing_that_it_does_not_import(stage):
    (code,) = imported(stage, (by_name(stage),))
    assert {dep for dep in declared(stage) if not any(lies_in(file, dep) for file in code)} == set()


@pytest.mark.parametrize("stage", sorted(DEAR))
def test_a_dear_stage_lists_files_and_imports_every_one(stage):
    """With a folder, it would run again for every file added to the room."""
    folders = {dep for dep in declared(stage) if (ROOT / dep).is_dir()}
    assert folders <= {"src/resgrad/audit", "src/resgrad/shards", "src/resgrad/training"}, (
        "rooms of which it needs every file"
    )
    (code,) = imported(stage, (by_name(stage),))
    files = {str(file.relative_to(ROOT)) for folder in folders for file in (ROOT / folder).glob("*.py")}
    unused = {file for file in files if file not in code and not is_optional(file)}
    of_runs = {f"src/resgrad/training/{name}.py" for name in ("activation_memory", "flops", "results")}
    assert unused <= (of_runs if stage in {"rate", "audit"} else set())


@pytest.mark.parametrize("package", BY_NAME)
def test_every_kind_needs_no_code_but_what_training_declares_for_it(package):
    """Adding a kind then retrains no other, and none of its own dependencies is missed."""
    others = [kind for kind in kinds(package) if kind != CHOSEN[package]]
    choices = tuple((*by_name("train"), f"resgrad.models.{package}.{kind}") for kind in others)
    undeclared = {}
    for kind, code in zip(others, imported("train", choices), strict=True):
        deps = declared("train") | declared("train", {**CHOSEN, package: kind})
        undeclared[kind] = {f for f in code if not any(lies_in(f, dep) for dep in deps) and not is_optional(f)}
    assert {kind: code for kind, code in undeclared.items() if code} == {}


def models_of(stage: str) -> set[str]:
    """List the files of src/resgrad/models that a stage declares in dvc.yaml."""
    place = "src/resgrad/models/"
    return {dep.removeprefix(place) for dep in STAGES[stage]["deps"] if dep.startswith(place)}


def test_a_training_at_another_rate_depends_on_the_same_code_of_models():
    assert models_of("rate") == models_of("train")


def test_train_depends_on_its_own_kinds_alone():
    models = models_of("train")
    assert {f"{package}/${{model.{parameter}}}.py" for package, parameter in BY_NAME.items()} <= models
    assert all(dep.endswith(".py") for dep in models), "a folder holds all kinds"


def test_the_switch_is_tracked_by_evaluate_alone():
    def tracks(stage: str) -> bool:
        names = (
            name for param in STAGES[stage].get("params", []) for name in ([param] if isinstance(param, str) else [])
        )
        return any(name in {"model", "model.residual"} for name in names)

    assert [stage for stage in STAGES if tracks(stage)] == ["evaluate"]


@pytest.mark.parametrize("stage", ["train", "rate", "inspect"])
def test_every_parameter_of_a_network_is_tracked(stage):
    assert "model" in resolved_params(stage)


@pytest.mark.parametrize("stage", ["train", "audit"])
def test_every_parameter_of_training_is_tracked(stage):
    assert "train" in plain_params(stage)


def test_the_kernels_are_tracked_where_digits_depend_on_them():
    tracking = [stage for stage in STAGES if {"train", "train.kernels"} & set(plain_params(stage))]
    assert tracking == ["train", "probe", "evaluate", "tolerance", "compare", "inspect", "audit"]
    assert "train" in resolved_params("rate")


def test_every_parameter_of_a_dataset_is_tracked_by_the_stages_that_use_it():
    def tracked(stage: str) -> set[str]:
        prefix = "data.${item.dataset}."
        return {name.removeprefix(prefix) for name in resolved_params(stage) if name.startswith(prefix)}

    assert {stage: tracked(stage) for stage in STAGES if tracked(stage)} == {
        "download": {"format", "format_sha256", "leaf_map"},
        "preprocess": {"format", *PreprocessConfig.model_fields},
        "train": {*BudgetConfig.model_fields},
        "rate": {"augment"},
        "tolerance": {*TargetConfig.model_fields},
        "compare": {*TargetConfig.model_fields},
        "audit": {"augment"},
    }
    used = {name for stage in STAGES for name in tracked(stage)} | {"source"}
    assert used == {*DatasetSection.model_fields, "format_sha256"}
    assert [stage for stage in STAGES if "data.${item.dataset}.source" in plain_params(stage)] == ["download"]


def resolved_params(stage: str) -> list[str]:
    """List the parameters of data/params.json that a stage tracks."""
    files = [param for param in STAGES[stage].get("params", []) if isinstance(param, dict)]
    return [name for file in files for name in file["data/params.json"]]


def plain_params(stage: str) -> list[str]:
    """List the parameters of params.yaml that a stage tracks."""
    return [param for param in STAGES[stage].get("params", []) if isinstance(param, str)]


def test_no_stage_but_reports_loses_its_run_cache():
    """A plain output kept in Git disables the run-cache of its stage."""

    def uncached(stage: str) -> list[str]:
        return [out for out in STAGES[stage].get("outs", []) if isinstance(out, dict)]

    assert {stage for stage in STAGES if uncached(stage)} == {"report", "report_probe"}


def test_no_stage_depends_on_a_report():
    published = {"metrics", "plots"}
    assert [s for s in STAGES if published & {dep.split("/")[0] for dep in STAGES[s]["deps"]}] == []
