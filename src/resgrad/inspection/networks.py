"""Inspect the networks of a dataset, one after the other."""

from collections.abc import Callable

import pandas as pd
from torch import Tensor, nn
from tqdm import tqdm

from resgrad.common.cells import Cell
from resgrad.common.tables import Table
from resgrad.inspection import tables
from resgrad.inspection.config import InspectConfig
from resgrad.inspection.lesions import lesions
from resgrad.inspection.loss_surface import loss_surface
from resgrad.inspection.paths import path_gains
from resgrad.inspection.reordering import reorderings
from resgrad.inspection.responses import response_stds

Load = Callable[[Cell], nn.Module]
"""Returns the trained network of a run."""

Batch = tuple[Tensor, Tensor]
"""Images, N x C x H x W, and their labels, N."""


def inspect_networks(
    cells: list[Cell], network: Load, batch: Batch, validation: Batch, config: InspectConfig
) -> dict[Table, pd.DataFrame]:
    """Measure layer responses, paths, lesions and reorderings of every network.

    Args:
        cells: the runs.
        network: returns the trained network of a run.
        batch: training images, for responses and paths.
        validation: validation images, for lesions and reorderings.
        config: numbers of paths and of reorderings.

    Returns:
        :data:`~resgrad.inspection.tables.RESPONSES`, :data:`~resgrad.inspection.tables.PATHS`,
        :data:`~resgrad.inspection.tables.LESIONS` and :data:`~resgrad.inspection.tables.REORDERINGS`.
    """
    measured: dict[Table, list[pd.DataFrame]] = {
        tables.RESPONSES: [],
        tables.PATHS: [],
        tables.LESIONS: [],
        tables.REORDERINGS: [],
    }
    # disable=None: no bar where standard error is not a terminal.
    for cell in tqdm(cells, desc="inspect", leave=False, disable=None):
        trained = network(cell)
        for table, rows in {
            tables.RESPONSES: response_stds(trained, batch[0]),
            tables.PATHS: path_gains(trained, *batch, paths=config.paths, seed=cell.seed),
            tables.LESIONS: lesions(trained, *validation),
            tables.REORDERINGS: reorderings(trained, *validation, count=config.lesions.reorderings, seed=cell.seed),
        }.items():
            measured[table].append(rows.assign(**cell._asdict()))
    return {table: _stack(frames, table) for table, frames in measured.items()}


def loss_surfaces(twins: list[Cell], network: Load, batch: Batch, config: InspectConfig) -> dict[Table, pd.DataFrame]:
    """Measure the loss around the trained weights of one pair of twins, which takes longer than everything else.

    Returns:
        :data:`~resgrad.inspection.tables.SURFACE`; empty if no surface is asked for, or there is no network.
    """
    if not (config.loss_surface.steps and twins):
        return {}
    surfaces = [
        loss_surface(network(cell), *batch, config.loss_surface, seed=cell.seed).assign(**cell._asdict())
        for cell in tqdm(twins, desc="loss surface", leave=False, disable=None)
    ]
    return {tables.SURFACE: _stack(surfaces, tables.SURFACE)}


def _stack(frames: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    """Concatenate the frames that have rows, if any."""
    filled = [frame for frame in frames if len(frame)]
    stacked = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    return stacked.reindex(columns=table.schema.names)
