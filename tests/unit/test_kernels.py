import json
import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from resgrad.common import kernels
from resgrad.common.kernels import PORTABLE, KernelsError, check_instruction_set, chosen, fix_instruction_set
from tests.paths import ROOT

HOSTILE = {
    "ATEN_CPU_CAPABILITY": "default",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "MKL_CBWR": "AVX512",
    "OPENBLAS_CORETYPE": "Nehalem",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3",
    "OPENBLAS_NUM_THREADS": "7",
}
"""An environment that asks for other kernels."""

REPORT = """
import json, os, sys
import {module}
early = sorted({{"numpy", "torch"}} & sys.modules.keys())
import numpy
used = numpy.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
print(json.dumps([dict(os.environ), early, used]))
"""


def started(module, folder, params=None):
    """Import a module in a new process, in a folder with this params.yaml and an environment that asks for others.

    Return its environment, which of numpy and torch it imported, and the instruction sets that numpy uses.
    """
    if params is not None:
        (folder / "params.yaml").write_text(params, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if name not in PORTABLE} | HOSTILE
    paths = os.pathsep.join(str(path) for path in (ROOT, ROOT / "src"))
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(module=module)],
        cwd=folder,
        env={**environment, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    "params",
    ["train:\n  kernels: portable\n", "train:\n  kernels: protable\n", "train: 3\n", "seeds: [\n", "", None],
    ids=["portable", "misspelt", "no section", "broken", "empty", "missing"],
)
def test_a_stage_is_portable_whatever_the_environment_says(tmp_path, params):
    environment, early, used = started("stages", tmp_path, params)
    assert {name: environment.get(name) for name in PORTABLE} == PORTABLE
    assert "NPY_DISABLE_CPU_FEATURES" not in environment
    assert environment["OPENBLAS_NUM_THREADS"] == "1"
    assert "torch" not in early
    assert {"X86_V3", "AVX2"} & set(used)
    assert set(used) <= set(PORTABLE["NPY_ENABLE_CPU_FEATURES"].split())


def test_a_stage_is_native_whatever_the_environment_says(tmp_path):
    environment, early, used = started("stages", tmp_path, "train:\n  kernels: native\n")
    assert not {*PORTABLE, "NPY_DISABLE_CPU_FEATURES"} & environment.keys()
    assert "torch" not in early
    assert {"X86_V3", "AVX2"} & set(used)


@pytest.mark.parametrize("module", ["resgrad", "resgrad.training.devices"])
def test_importing_the_package_fixes_nothing(tmp_path, module):
    environment, *_ = started(module, tmp_path)
    assert {name: environment.get(name) for name in HOSTILE} == HOSTILE


def test_tests_are_portable():
    check_instruction_set("portable", torch.backends.cpu.get_cpu_capability())


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"train": {"kernels": "native"}}, "native"),
        ({"train": {"kernels": "portable"}}, "portable"),
        ({"train": {"kernels": True}}, "portable"),
        ({"train": {"kernels": ["native"]}}, "portable"),
        ({"train": None}, "portable"),
        ({}, "portable"),
        (None, "portable"),
    ],
)
def test_what_params_yaml_chooses(parameters, expected):
    assert chosen(parameters) == expected


def test_torch_with_other_instructions_is_refused():
    with pytest.raises(KernelsError, match=r"^train\.kernels is portable, but torch computes with AVX512, not AVX2; "):
        check_instruction_set("portable", "AVX512")


@pytest.mark.parametrize("name", PORTABLE)
def test_an_environment_that_was_changed_is_refused(monkeypatch, name):
    monkeypatch.delenv(name)
    with pytest.raises(KernelsError, match=rf"the environment says otherwise \({name}\)"):
        check_instruction_set("portable", "AVX2")


def test_native_in_an_environment_fixed_for_portable_is_refused(monkeypatch):
    with pytest.raises(KernelsError, match=r"^train\.kernels is native, but the environment says otherwise"):
        check_instruction_set("native", "AVX2")
    for name in PORTABLE:
        monkeypatch.delenv(name)
    check_instruction_set("native", "AVX512")


def test_numpy_with_other_instructions_is_refused(monkeypatch):
    config = {"SIMD Extensions": {"baseline": ["X86_V2"], "found": ["X86_V3", "X86_V4", "AVX512_ICL"]}}
    monkeypatch.setattr(np, "show_config", lambda **_: config)
    with pytest.raises(KernelsError, match=r"but numpy computes with AVX512_ICL, X86_V4; start a stage as"):
        fix_instruction_set("portable")


def test_other_architectures_have_nothing_to_fix(monkeypatch):
    monkeypatch.setattr(kernels.platform, "machine", lambda: "aarch64")
    for name in PORTABLE:
        monkeypatch.setenv(name, "x")  # so that it is restored after the test
    fix_instruction_set("portable")
    assert not PORTABLE.keys() & os.environ.keys()
    check_instruction_set("portable", "DEFAULT")
