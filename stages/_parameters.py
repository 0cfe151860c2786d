"""The parameters of data sets, with all defaults filled in, as ``check`` resolves them for the other stages."""

from pathlib import Path
from typing import Any

from resgrad.common.config import ParameterError, read

PARAMETERS = Path("params.yaml")
RESOLVED = Path("data/params.json")
"""Written by ``check``: DVC tracks no key that is missing, and in params.yaml defaults may be left out."""


def dataset_parameters(dataset: str) -> dict[str, Any]:
    """Return the block ``data.<dataset>``, without its source, which ``download`` alone may look at.

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
    """Return what null stands for in the section ``tolerance``; :func:`dataset_parameters` has found the file."""
    return read(RESOLVED).get("tolerance")


def source(dataset: str) -> str:
    """Return the parameter ``data.<dataset>.source``; :func:`dataset_parameters` has found that the block is there."""
    return read(PARAMETERS)["data"][dataset]["source"]
