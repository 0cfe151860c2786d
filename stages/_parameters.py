"""The parameters of data sets, with all defaults filled in, as ``check`` resolves them for the other stages."""

from pathlib import Path
from typing import Any

from resgrad.common.config import ParameterError, read

PARAMETERS = Path("params.yaml")
RESOLVED = Path("data/params.json")
"""Written by ``check``: params.yaml may leave out defaults, and DVC cannot track a missing key."""


def dataset_parameters(dataset: str) -> dict[str, Any]:
    """Return the block ``data.<dataset>``, without its source, which only ``download`` may use.

    Raises:
        ParameterError: there is no such block, or ``check`` has not run.
    """
    blocks = read(RESOLVED)["data"] if RESOLVED.exists() else {}
    if dataset not in blocks:
        raise ParameterError(
            f"{RESOLVED} says nothing of {dataset}; allowed: {', '.join(blocks) or 'nothing yet'} "
            "(`python -m stages.check` writes it anew from params.yaml)."
        )
    return blocks[dataset]


def tolerance_budget() -> Any:
    """Return the values for null in the section ``tolerance``; call :func:`dataset_parameters` first."""
    return read(RESOLVED).get("tolerance")


def source(dataset: str) -> str:
    """Return the parameter ``data.<dataset>.source``; call :func:`dataset_parameters` first."""
    return read(PARAMETERS)["data"][dataset]["source"]
