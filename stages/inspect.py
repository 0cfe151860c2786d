"""Look again at the trained networks of a dataset: ``python -m stages.inspect <dataset>``."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure
from torch import Tensor, nn
from tqdm import tqdm

from resgrad.common.cells import Cell
from resgrad.common.config import load, read
from resgrad.common.files import replacing, write_json
from resgrad.inspection.config import InspectConfig, LossSurfaceConfig
from resgrad.inspection.inputs import fixed_batch, load_network
from resgrad.inspection.loss_surface import COLUMNS as SURFACE
from resgrad.inspection.loss_surface import loss_surface
from resgrad.inspection.paths import COLUMNS as PATHS
from resgrad.inspection.paths import path_gains
from resgrad.inspection.responses import COLUMNS as RESPONSES
from resgrad.inspection.responses import response_stds
from resgrad.inspection.summary import paths_by_length, published, responses_by_place, summarise
from resgrad.models.config import load_model
from resgrad.report.inspection.layer_responses import draw_layer_responses
from resgrad.report.inspection.loss_surface import draw_loss_surface
from resgrad.report.inspection.page import to_markdown
from resgrad.report.inspection.path_lengths import draw_path_lengths
from resgrad.report.style import save
from resgrad.results.runs import load_runs
from resgrad.shards.shards import Shards
from resgrad.training.config import TrainConfig
from resgrad.training.devices import choose_device, make_repeatable
from stages._matrix import load_matrix, run_on_dataset

Tables = dict[str, pd.DataFrame]


def inspect_runs(dataset: str) -> None:
    """Read weights and one batch of training images; write tables, metrics and pictures.

    Runs that diverged have no weights to look at, and are left out. Which tables and pictures there are depends on the
    parameters: each kind has a folder.
    """
    parameters = read(Path("params.yaml"))
    matrix = load_matrix(parameters)
    config = load(InspectConfig, parameters.get("inspect"), "inspect")
    model = load_model(parameters.get("model"))
    train = load(TrainConfig, parameters.get("train"), "train")
    make_repeatable(train.threads)
    device = choose_device(train.device)
    shards = Shards(Path("data/shards", dataset))
    folder = Path("data/runs", dataset)
    cells = [run.cell for run in load_runs(folder, matrix.cells(dataset)) if not run.diverged]
    batch = fixed_batch(shards, config.images, device)

    def network(cell: Cell) -> nn.Module:
        return load_network(folder / cell.name, cell, model, shards.manifest, device)

    tables = _every_run(cells, network, batch, config)
    # One pair of twins: their surfaces take longer than all the rest.
    twins = [cell for cell in cells if (cell.depth, cell.seed) == (max(matrix.depths), matrix.seeds[0])]
    if config.loss_surface.steps and twins:
        tables["loss_surface"] = _surfaces(twins, network, batch, config.loss_surface)

    provenance = shards.manifest["provenance"]
    summary = summarise(tables["responses"], tables["paths"])
    write_json(Path(f"metrics/inspect-{dataset}.json"), {provenance: published(summary)})
    with replacing(Path(f"metrics/inspect-{dataset}.md")) as partial:
        partial.write_text(to_markdown(dataset, provenance, summary), encoding="utf-8")
    with replacing(Path("data/inspect", dataset)) as partial:
        partial.mkdir()
        for name, table in tables.items():
            table.to_parquet(partial / f"{name}.parquet", compression="zstd", index=False)
    with replacing(Path("plots", dataset, "inspect")) as partial:
        partial.mkdir()
        for name, figure in _pictures(tables, f"{dataset} ({provenance} data)"):
            save(figure, partial / f"{name}.png")


def _every_run(
    cells: list[Cell], network: Callable[[Cell], nn.Module], batch: tuple[Tensor, Tensor], config: InspectConfig
) -> Tables:
    responses, paths = [], []
    # disable=None: no bar where standard error is not a terminal.
    for cell in tqdm(cells, desc="inspect", leave=False, disable=None):
        trained = network(cell)
        responses.append(response_stds(trained, batch[0]).assign(**cell._asdict()))
        paths.append(path_gains(trained, *batch, paths=config.paths, seed=cell.seed).assign(**cell._asdict()))
    return {"responses": _stack(responses, RESPONSES), "paths": _stack(paths, PATHS)}


def _surfaces(
    twins: list[Cell], network: Callable[[Cell], nn.Module], batch: tuple[Tensor, Tensor], config: LossSurfaceConfig
) -> pd.DataFrame:
    surfaces = [
        loss_surface(network(cell), *batch, config, seed=cell.seed).assign(**cell._asdict())
        for cell in tqdm(twins, desc="loss surface", leave=False, disable=None)
    ]
    return _stack(surfaces, SURFACE)


def _stack(frames: list[pd.DataFrame], columns: list[str]) -> pd.DataFrame:
    """Stack what has rows, if anything, after the columns that name the run."""
    filled = [frame for frame in frames if len(frame)]
    stacked = pd.concat(filled, ignore_index=True) if filled else pd.DataFrame()
    return stacked.reindex(columns=[*Cell._fields, *columns])


def _pictures(tables: Tables, data: str) -> Iterator[tuple[str, Figure]]:
    """Draw what there is to be drawn."""
    responses, paths = tables["responses"], tables["paths"]
    deepest = responses["depth"].max()
    if len(responses):
        title = f"{data}: responses of the trained layers, {_seeds(responses)}"
        yield "layer_responses", draw_layer_responses(title, responses_by_place(responses))
    paths = paths[paths["depth"] == deepest]
    if "residual" in set(paths["variant"]):
        title = f"{data}: which paths carry the gradient at depth {deepest}, {_seeds(paths)}"
        yield "path_lengths", draw_path_lengths(title, paths_by_length(paths))
    if "loss_surface" in tables:
        surface = tables["loss_surface"]
        title = f"{data}: loss around the trained weights at depth {deepest}, seed {surface['seed'].iloc[0]}"
        yield "loss_surface", draw_loss_surface(title, surface)


def _seeds(table: pd.DataFrame) -> str:
    return f"n = {table['seed'].nunique()} seeds"


if __name__ == "__main__":
    run_on_dataset(inspect_runs, __doc__)
