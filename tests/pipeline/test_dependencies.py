"""What a stage depends on, in dvc.yaml or by the digest of its code, is what the stage imports."""

import ast
import json
import subprocess
import sys
from functools import cache

import pytest
from ruamel.yaml import YAML

from resgrad.common.imports import imported_files
from resgrad.common.kinds import kinds
from resgrad.comparison.config import TargetConfig
from resgrad.models import activations, networks, shortcuts
from resgrad.preprocess.config import PreprocessConfig
from resgrad.study import DatasetSection, load_study
from resgrad.training.config import BudgetConfig
from stages._resolved import entry_modules
from tests.paths import PARAMS, ROOT

STAGES = YAML(typ="safe").load(ROOT / "dvc.yaml")["stages"]
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
"""Stages that depend on files, by digest: other files in a room must not make them run again."""

KINDS = ("models/networks", "models/shortcuts", "models/activations", "gradients/statistics", "datasets/formats")
"""Packages whose modules are imported by a name in params.yaml."""


def is_text(file: str) -> bool:
    """Say whether a file contains nothing but a docstring."""
    body = ast.parse((ROOT / file).read_bytes()).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


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


def entries(stage: str) -> tuple[str, ...]:
    """List the modules that a stage imports by name with the committed parameters."""
    modules = entry_modules(load_study(PARAMS))
    modules["download"] = sorted({module for of_set in modules["download"].values() for module in of_set})
    formats = [f"resgrad.datasets.formats.{name}" for name in ("cifar", "folder", "idx")]
    pages = [f"resgrad.report.{page}" for page in ("comparison", "inspection", "audit", "timing", "probe")]
    by_name = {
        **modules,
        "preprocess": formats,
        **dict.fromkeys(("inspect", "probe"), modules["rate"][1:]),
        **dict.fromkeys(("report", "report_probe"), pages),
    }
    return tuple(by_name.get(stage, ()))


def tracked_code(stage: str) -> set[str]:
    """List the code that a stage depends on: files and folders that it declares, and files in its digest."""
    deps = {dep for dep in STAGES[stage]["deps"] if dep.startswith(("src/", "stages"))}
    assert {dep for dep in deps if not (ROOT / dep).exists()} == set()
    files = imported_files(*entries(stage)).values() if stage in DEAR else ()
    return deps | {str(file.relative_to(ROOT)) for file in files}


def lies_in(file: str, dep: str) -> bool:
    return file == dep or file.startswith(f"{dep}/")


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_depends_on_the_code_that_it_imports(stage):
    (code,) = imported(stage, (entries(stage),))
    missing = {file for file in code if not any(lies_in(file, dep) for dep in tracked_code(stage))}
    # What the package of stages does, to fix the instruction set, is in stages/_run.py.
    assert {file for file in missing if not is_text(file)} <= {"stages/__init__.py"}


@pytest.mark.parametrize("stage", [stage for stage in STAGES if stage != "check"])
def test_a_stage_depends_on_nothing_that_it_does_not_import(stage):
    (code,) = imported(stage, (entries(stage),))
    assert {dep for dep in tracked_code(stage) if not any(lies_in(file, dep) for file in code)} == set()


@pytest.mark.parametrize("stage", STAGES)
def test_dear_stages_alone_track_a_digest_and_no_other_code(stage):
    digests = {name.removesuffix(".${item.dataset}") for name in resolved_params(stage) if name.startswith("code")}
    assert digests == ({f"code.{stage}"} if stage in DEAR else set())
    if stage in DEAR:
        assert [dep for dep in STAGES[stage]["deps"] if not dep.startswith("data/")] == []


@pytest.mark.parametrize("stage", sorted(DEAR))
def test_the_digest_of_a_dear_stage_has_no_kinds_but_those_chosen(stage):
    """Adding a kind then runs none of these stages again."""
    chosen = {f"src/{module.replace('.', '/')}.py" for module in entries(stage) if module != f"stages.{stage}"}
    of_kinds = {file for file in tracked_code(stage) if any(lies_in(file, f"src/resgrad/{room}") for room in KINDS)}
    assert {file for file in of_kinds if not file.endswith("__init__.py")} == chosen


@pytest.mark.parametrize("package", [networks, shortcuts, activations])
def test_what_a_network_of_another_kind_imports_is_in_its_digest(package):
    others = [f"{package.__name__}.{kind}" for kind in kinds(package)]
    imports = imported("train", tuple((*entries("train"), other) for other in others))
    for other, code in zip(others, imports, strict=True):
        digest = {str(file.relative_to(ROOT)) for file in imported_files(*entries("train"), other).values()}
        assert {file for file in code if not is_text(file)} == digest


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
        "download": {"format", "leaf_map"},
        "preprocess": {"format", *PreprocessConfig.model_fields},
        "train": {*BudgetConfig.model_fields},
        "rate": {"augment"},
        "tolerance": {*TargetConfig.model_fields},
        "compare": {*TargetConfig.model_fields},
        "audit": {"augment"},
    }
    assert {name for stage in STAGES for name in tracked(stage)} | {"source"} == {*DatasetSection.model_fields}
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
