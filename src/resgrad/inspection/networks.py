"""Inspect the networks of a dataset, one after the other."""

from collections.abc import Callable

import pandas as pd
from torch import Tensor, nn
from tqdm import tqdm

from resgrad.common.cells import Cell
from resgrad.common.tables import Table
from resgrad.inspection import tables
from resgrad.inspection.config import InspectConfig
from resgrad.inspection.loss_surface import loss_surface
from resgrad.inspection.paths import path_gains
from resgrad.inspection.responses import response_stds

Load = Callable[[Cell], nn.Module]
"""Returns the trained network of a run."""


def inspect_networks(
    cells: list[Cell], network: Load, batch: tuple[Tensor, Tensor], config: InspectConfig
) -> dict[Table, pd.DataFrame]:
    """Measure layer responses and paths of every network.

    Args:
        cells: the runs.
        network: returns the trained network of a run.
        batch: images, N x C x H x W, and labels, N.
        config: how many paths.

    Returns:
        :data:`~resgrad.inspection.tables.RESPONSES` and :data:`~resgrad.inspection.tables.PATHS`.
    """
    responses, paths = [], []
    # disable=None: no bar where standard error is not a terminal.
    for cell in tqdm(cells, desc="inspect", leave=False, disable=None):
        trained = network(cell)
        responses.append(response_stds(trained, batch[0]).assign(**cell._asdict()))
        paths.append(path_gains(trained, *batch, paths=config.paths, seed=cell.seed).assign(**cell._asdict()))
    return {tables.RESPONSES: _stack(responses, tables.RESPONSES), tables.PATHS: _stack(paths, tables.PATHS)}


def loss_surfaces(
    twins: list[Cell], network: Load, batch: tuple[Tensor, Tensor], config: InspectConfig
) -> dict[Table, pd.DataFrame]:
    """Measure the loss around the trained weights of one pair of twins, which takes longer than all the rest.

    Returns:
        :data:`~resgrad.inspection.tables.SURFACE`; nothing where no surface is asked for, or there is no network.
    """
    if not (config.loss_surface.steps and twins):
        return {}
    surfaces = [
        loss_surface(network(cell), *batch, config.loss_surface, seed=cell.seed).assign(**cell._asdict())
        for cell in tqdm(twins, desc="loss surface", leave=False, disable=None)
    ]
    return {tables.SURFACE: _stack(surfaces, tables.SURFACE)}


def _stack(frames: list[pd.DataFrame], table: Table) -> pd.DataFrame:
    """Stack what has rows, if anything."""
    filled = [frame for frame in frames if len(frame)]
    stacked = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    return stacked.reindex(columns=table.schema.names)
