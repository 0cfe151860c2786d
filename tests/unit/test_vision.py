import subprocess
import sys
import textwrap

import pytest

# A torchvision of the test's own, so that both kinds of installation are tried wherever the tests run.
IMPORTS = """
import sys, types
import importlib
import torch

real = importlib.import_module
calls = []

def fake(name, package=None):
    if name != "torchvision":
        return real(name, package)
    calls.append(name)
    {body}

importlib.import_module = fake
import resgrad.vision
importlib.import_module = real
"""


def run(body: str, then: str) -> str:
    code = IMPORTS.replace("{body}", body) + textwrap.dedent(then)
    environment = {"PYTHONPATH": "src", "PYTHONWARNINGS": "error"}
    finished = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    return finished.stdout + finished.stderr


def test_a_matching_pair_is_left_alone():
    out = run(
        'return types.ModuleType("torchvision")',
        """
        print(calls, hasattr(torch.ops.torchvision, "nms"))
        """,
    )
    assert out == "['torchvision'] False\n"


def test_schemas_are_declared_where_the_extension_cannot_load():
    out = run(
        "return types.SimpleNamespace(nms=torch.ops.torchvision.nms, qnms=torch.ops.torchvision.qnms)"
        " if len(calls) > 1 else exec('raise RuntimeError(\"operator torchvision::nms does not exist\")')",
        """
        print(len(calls), resgrad.vision.torchvision.nms.default._schema)
        print(resgrad.vision.torchvision.qnms.default._schema)
        """,
    )
    schema = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    assert out == f"2 torchvision::nms{schema}\ntorchvision::qnms{schema}\n"


def test_another_fault_is_not_hidden():
    out = run("raise RuntimeError('out of order')", "print('not reached')")
    assert out.rstrip().endswith("RuntimeError: out of order")


def test_the_installed_torchvision_works():
    torch = pytest.importorskip("torch")
    from resgrad.vision import torchvision

    image = torch.arange(12, dtype=torch.uint8).reshape(1, 3, 4)
    flipped = torchvision.transforms.functional.hflip(image)
    assert torch.equal(flipped, image.flip(2))
