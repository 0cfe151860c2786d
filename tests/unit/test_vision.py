import importlib
import types

import pytest
import torch

from resgrad.common import vision

MISSING = "operator torchvision::nms does not exist"


class Declared(list):
    """Replaces torch's library: records the declarations, so that the tests' process stays unchanged."""

    def __call__(self, namespace, kind):
        self.append((namespace, kind))
        return self

    def define(self, schema):
        self.append(schema)


@pytest.fixture
def declared(monkeypatch):
    declared = Declared()
    monkeypatch.setattr(torch.library, "Library", declared)
    return declared


def import_with(monkeypatch, *outcomes):
    """Let each attempt to import torchvision return or raise the next outcome."""
    attempts = iter(outcomes)

    def attempt(name):
        assert name == "torchvision"
        outcome = next(attempts)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(importlib, "import_module", attempt)
    return vision.import_torchvision()


def test_a_matching_pair_is_left_alone(monkeypatch, declared):
    module = types.ModuleType("torchvision")
    assert import_with(monkeypatch, module) is module
    assert declared == []


def test_schemas_are_declared_where_the_extension_cannot_load(monkeypatch, declared):
    module = types.ModuleType("torchvision")
    assert import_with(monkeypatch, RuntimeError(MISSING), module) is module
    arguments = "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor"
    assert declared == [("torchvision", "DEF"), f"nms{arguments}", f"qnms{arguments}"]


@pytest.mark.parametrize("fault", [RuntimeError("out of order"), ImportError("no such module")])
def test_another_fault_is_not_hidden(monkeypatch, declared, fault):
    with pytest.raises(type(fault), match=str(fault)):
        import_with(monkeypatch, fault)
    assert declared == []


def test_the_installed_torchvision_works():
    image = torch.arange(12, dtype=torch.uint8).reshape(1, 3, 4)
    assert torch.equal(vision.torchvision.transforms.functional.hflip(image), image.flip(2))
    assert vision.torchvision.models.resnet18().fc.out_features == 1000
