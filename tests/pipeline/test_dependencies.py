"""What dvc.yaml says a stage depends on is what the stage imports."""

import json
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from tests.paths import ROOT

PIPELINE, PARAMS = (YAML(typ="safe").load(ROOT / name) for name in ("dvc.yaml", "params.yaml"))
IMPORTED = """
import importlib, json, sys
from pathlib import Path
importlib.import_module("stages." + sys.argv[1])
if "resgrad.models" in sys.modules:  # networks are imported by name, when one is built
    importlib.import_module("resgrad.models." + sys.argv[2])
root = Path.cwd()
files = {Path(m.__file__) for m in sys.modules.values() if getattr(m, "__file__", None)}
print(json.dumps(sorted(str(f.relative_to(root)) for f in files if f.is_relative_to(root) and ".venv" not in f.parts)))
"""
# Every stage has these, and what they hold (a search path, docstrings) decides no result.
EVERYWHERE = {"stages/__init__.py", "src/resgrad/__init__.py"}
PACKAGES = {f"src/resgrad/{name}/__init__.py" for name in ("data", "gradients", "training", "analysis", "figures")}
NETWORK = PARAMS["model"]["network"]


def declared(stage: str) -> set[str]:
    """List the code a stage declares, as dvc.yaml has it, files of declared folders included."""
    code = set()
    for dep in PIPELINE["stages"][stage]["deps"]:
        path = ROOT / dep.replace("${model.network}", NETWORK)
        if dep.startswith(("src/", "stages/")):
            code |= {str(f.relative_to(ROOT)) for f in ([path] if path.is_file() else path.glob("*.py"))}
            assert path.exists(), dep
    return code


@pytest.mark.parametrize("stage", PIPELINE["stages"])
def test_a_stage_declares_the_code_it_imports_and_no_other(stage):
    output = subprocess.run(
        [sys.executable, "-c", IMPORTED, stage, NETWORK], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    imported = set(json.loads(output))
    optional = EVERYWHERE | PACKAGES
    assert imported - declared(stage) - optional == set(), "imported, but not among deps"
    assert declared(stage) - imported - optional == set(), "among deps, but not imported"


def test_train_depends_on_its_own_network_alone():
    deps = PIPELINE["stages"]["train"]["deps"]
    assert "src/resgrad/models/${model.network}.py" in deps
    assert "src/resgrad/models" not in deps


def test_the_switch_is_no_parameter_of_a_training():
    params = PIPELINE["stages"]["train"]["params"]
    assert "model" not in params
    assert "model.residual" not in params
    tracked = {param.removeprefix("model.") for param in params if param.startswith("model.")}
    assert tracked == set(PARAMS["model"]) - {"residual"}


def test_every_parameter_of_training_is_tracked():
    tracked = {param.split(".")[1] for param in PIPELINE["stages"]["train"]["params"] if param.startswith("train.")}
    assert tracked == set(PARAMS["train"])


def test_every_parameter_of_a_dataset_is_tracked_by_exactly_one_stage():
    def tracked(stage: str) -> list[str]:
        prefix = "data.${item.dataset}."
        return [p.removeprefix(prefix) for p in PIPELINE["stages"][stage]["params"] if p.startswith(prefix)]

    assert sorted(tracked("download") + tracked("preprocess")) == sorted(PARAMS["data"]["mnist"])
    assert tracked("download") == ["source", "leaf_map"]
