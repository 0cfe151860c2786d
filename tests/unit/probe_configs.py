"""Sections ``probe`` of params.yaml with tiny grids."""

from resgrad.common.config import load
from resgrad.probe.config import ProbeConfig

GRID = {
    "network": "fully_connected",
    "shortcut": "zero_padding",
    "width": 4,
    "depths": [4, 7],
    "normalizations": ["none", "batch"],
    "activations": ["relu"],
    "initializations": {"he": [1.0]},
}


def probe_values(*grids, **changes):
    """Return plain values; ``grids`` are changes of :data:`GRID`."""
    return {
        "seeds": [3, 5],
        "batch_size": 6,
        "channels": 1,
        "image_size": 4,
        "classes": 3,
        "grids": [{**GRID, **grid} for grid in grids or [{}]],
        "shortcuts": {
            "width": 2,
            "depths": [8, 14, 20, 26],
            "families": [{"network": "cifar_resnet", "shortcuts": ["zero_padding", "rezero"]}],
        },
        "shattering": {"depths": [2, 4], "width": 4, "inputs": 16, "networks": 2},
        **changes,
    }


def probe_config(*grids, **changes):
    return load(ProbeConfig, probe_values(*grids, **changes), "probe")
