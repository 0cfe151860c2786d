"""The one way to import torchvision: ``from resgrad.common.vision import torchvision``.

The usual torchvision for Linux is linked against CUDA. With a CPU build of torch its extension cannot load, so the
operators ``torchvision::nms`` and ``torchvision::qnms`` are never defined, and ``import torchvision`` fails when it
describes them: "operator torchvision::nms does not exist". Nothing here uses these operators; once their schemas are
declared, transforms, data sets and models work. If torch and torchvision match, the first import succeeds and nothing
else happens.
"""

import importlib
from types import ModuleType

import torch

_declared: list[torch.library.Library] = []  # a schema lives only as long as the library object that declared it


def import_torchvision() -> ModuleType:
    """Import torchvision, declaring the operators of its extension if the extension cannot load."""
    try:
        return importlib.import_module("torchvision")
    except RuntimeError as error:
        if "operator torchvision::nms does not exist" not in str(error):
            raise
    library = torch.library.Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    _declared.append(library)
    return importlib.import_module("torchvision")


torchvision = import_torchvision()
