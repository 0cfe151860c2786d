"""The part of the page about the remaining differences between inputs."""

import math
from typing import NamedTuple

import pandas as pd

from resgrad.common.cells import VARIANTS
from resgrad.common.frames import typed_rows
from resgrad.report.markdown import table_text

ABOUT_GEOMETRY = """\
Of the features that enter the last layer, means over seeds (n = {seeds}): the cosine between those of two inputs (1: \
all inputs point one way) and the effective rank (Roy and Vetterli 2007; at most {batch_size}, the number of inputs, \
or that of features; 1: all inputs differ in scale alone), beside the growth of the gradient per layer."""


class _Geometry(NamedTuple):
    """The columns of the table ``geometry`` that the page uses."""

    variant: str
    factor: float
    cosine: float
    effective_rank: float


def geometry_table(geometry: pd.DataFrame) -> str:
    """Write a row per recipe, plain beside residual."""
    rows = []
    for (network, depth, recipe), of_recipe in geometry.groupby(["network", "depth", "recipe"]):
        found = {row.variant: row for row in typed_rows(of_recipe, _Geometry)}
        cells = [cell for variant in VARIANTS for cell in _cells(found.get(variant))]
        rows.append([str(network), str(depth), str(recipe), *cells])
    measures = [f"{measure}, {variant}" for variant in VARIANTS for measure in ("growth", "cosine", "effective rank")]
    return table_text(["network", "depth", "recipe", *measures], rows)


def _cells(row: _Geometry | None) -> list[str]:
    if row is None:
        return ["-"] * 3
    values = {"factor": ".3f", "cosine": ".3f", "effective_rank": ".1f"}
    return [_number(getattr(row, name), form) for name, form in values.items()]


def _number(value: float, form: str) -> str:
    return "undefined" if math.isnan(value) else f"{value:{form}}"
