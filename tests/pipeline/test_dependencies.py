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
root = Path.cwd()
importlib.import_module("stages." + sys.argv[1])
before = set(sys.modules)
for kinds in json.loads(sys.argv[2]):
    if "resgrad.models" in sys.modules:  # networks and shortcuts are imported by name, when one is built
        for kind in kinds:
            importlib.import_module("resgrad.models." + kind)
    files = {Path(m.__file__) for m in list(sys.modules.values()) if getattr(m, "__file__", None)}
    print(json.dumps([str(f.relative_to(root)) for f in files if f.is_relative_to(root) and ".venv" not in f.parts]))
    for name in {name for name in sys.modules if name.startswith("resgrad.")} - before:
        del sys.modules[name]
"""
# Every stage has these, and what they hold (a search path, docstrings) decides no result.
EVERYWHERE = {"stages/__init__.py", "src/resgrad/__init__.py"}
PACKAGES = {
    f"src/resgrad/{name}/__init__.py"
    for name in ("data", "gradients", "training", "analysis", "audit", "figures", "inspection", "probe")
}
TRAIN = [param for param in PIPELINE["stages"]["train"]["params"] if isinstance(param, str)]
"""Parameters of a training in params.yaml; those of other files are mappings."""
NETWORK, SHORTCUT = (PARAMS["model"][key] for key in ("network", "shortcut"))


def kinds(package: str, default: str) -> list[str]:
    """List the other modules of a package of networks or shortcuts."""
    files = (ROOT / "src/resgrad/models" / package).glob("[a-z]*.py")
    return sorted({file.stem for file in files} - {"matching", default})


UNCHOSEN = {f"src/resgrad/models/networks/{network}.py" for network in kinds("networks", NETWORK)}
UNCHOSEN |= {f"src/resgrad/models/shortcuts/{shortcut}.py" for shortcut in kinds("shortcuts", SHORTCUT)}
UNCHOSEN |= {str(f.relative_to(ROOT)) for f in (ROOT / "src/resgrad/gradients/statistics").glob("[a-z]*.py")}
"""What a stage that lists a whole package of kinds has among its deps."""
OTHERS = [(network, SHORTCUT) for network in kinds("networks", NETWORK)]
OTHERS += [(NETWORK, shortcut) for shortcut in kinds("shortcuts", SHORTCUT)]


def imported(stage: str, choices: list[tuple[str, str]]) -> list[set[str]]:
    """List the code a stage imports, for each choice of a network and a shortcut."""
    modules = [(f"networks.{network}", f"shortcuts.{shortcut}") for network, shortcut in choices]
    output = subprocess.run(
        [sys.executable, "-c", IMPORTED, stage, json.dumps(modules)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [set(json.loads(line)) for line in output.splitlines()]


def declared(stage: str, network: str = NETWORK, shortcut: str = SHORTCUT) -> set[str]:
    """List the code a stage declares, as dvc.yaml has it, files of declared folders included."""
    code = set()
    for dep in PIPELINE["stages"][stage]["deps"]:
        path = ROOT / dep.replace("${model.network}", network).replace("${model.shortcut}", shortcut)
        if dep.startswith(("src/", "stages/")):
            code |= {str(f.relative_to(ROOT)) for f in ([path] if path.is_file() else path.glob("*.py"))}
            assert path.exists(), dep
    return code


@pytest.mark.parametrize("stage", PIPELINE["stages"])
def test_a_stage_declares_the_code_it_imports_and_no_other(stage):
    (code,) = imported(stage, [(NETWORK, SHORTCUT)])
    optional = EVERYWHERE | PACKAGES
    assert code - declared(stage) - optional == set(), "imported, but not among deps"
    assert declared(stage) - code - optional - UNCHOSEN == set(), "among deps, but not imported"


@pytest.mark.parametrize("stage", ["check", "probe", "train"])
def test_every_kind_of_network_and_shortcut_needs_no_code_but_what_is_declared_for_it(stage):
    """So a kind that is added retrains no other, and none of its own dependencies is missed."""
    undeclared = {
        (network, shortcut): code - declared(stage, network, shortcut) - EVERYWHERE - PACKAGES
        for (network, shortcut), code in zip(OTHERS, imported(stage, OTHERS), strict=True)
    }
    assert {kinds: code for kinds, code in undeclared.items() if code} == {}


def test_train_depends_on_its_own_network_and_shortcut_alone():
    deps = PIPELINE["stages"]["train"]["deps"]
    models = {dep.removeprefix("src/resgrad/models/") for dep in deps if dep.startswith("src/resgrad/models")}
    assert {"networks/${model.network}.py", "shortcuts/${model.shortcut}.py"} <= models
    assert all(dep.endswith(".py") for dep in models), "a folder holds all kinds"


def test_the_switch_is_no_parameter_of_a_training():
    assert "model" not in TRAIN
    assert "model.residual" not in TRAIN
    tracked = {param.removeprefix("model.") for param in TRAIN if param.startswith("model.")}
    assert tracked == set(PARAMS["model"]) - {"residual"}


def test_every_parameter_of_training_is_tracked():
    tracked = {param.split(".")[1] for param in TRAIN if param.startswith("train.")}
    assert tracked == set(PARAMS["train"])


def test_every_parameter_of_a_dataset_is_tracked_by_exactly_one_stage():
    def tracked(stage: str) -> list[str]:
        prefix = "data.${item.dataset}."
        return [p.removeprefix(prefix) for p in PIPELINE["stages"][stage]["params"] if p.startswith(prefix)]

    assert sorted(tracked("download") + tracked("preprocess")) == sorted(PARAMS["data"]["mnist"])
    assert tracked("download") == ["source", "leaf_map"]
