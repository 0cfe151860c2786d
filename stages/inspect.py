"""Look inside the trained networks of a dataset: ``python -m stages.inspect <dataset>``."""

from pathlib import Path

from torch import nn

from resgrad.common.cells import Cell, Matrix
from resgrad.common.config import load, load_part, read
from resgrad.common.files import write_json
from resgrad.common.tables import write_room
from resgrad.inspection import tables
from resgrad.inspection.config import InspectConfig
from resgrad.inspection.inputs import fixed_batch, load_network
from resgrad.inspection.lesion_summary import lesions_by_block, reorderings_by_swaps
from resgrad.inspection.networks import inspect_networks, loss_surfaces
from resgrad.inspection.summary import inspection_metrics, paths_by_length, responses_by_place, summarise
from resgrad.models.config import load_model
from resgrad.results.runs import load_runs
from resgrad.shards.shards import Shards
from resgrad.training.config import TrainConfig
from resgrad.training.devices import choose_device, keep_freed_memory, make_repeatable
from stages._run import run_on_dataset


def inspect_runs(dataset: str) -> None:
    """Read weights, a batch of training images and one of validation images; write the room's tables, and metrics.

    Diverged runs have no meaningful weights, and are left out.
    """
    parameters = read(Path("params.yaml"))
    config = load(InspectConfig, parameters.get("inspect"), "inspect")
    matrix = load_part(Matrix, parameters)
    matrix = matrix.model_copy(update={"seeds": matrix.seeds[: config.networks]})
    model = load_model(parameters.get("model"))
    train = load(TrainConfig, parameters.get("train"), "train")
    make_repeatable(train.threads, train.kernels)
    keep_freed_memory()
    device = choose_device(train.device)
    shards = Shards(Path("data/shards", dataset))
    folder = Path("data/runs", dataset)
    cells = [run.cell for run in load_runs(folder, matrix.cells(dataset)) if not run.diverged]
    twins = [cell for cell in cells if (cell.depth, cell.seed) == (max(matrix.depths), matrix.seeds[0])]
    batch = fixed_batch(shards, "train", config.images, device)
    validation = fixed_batch(shards, "validation", config.lesions.images, device)

    def network(cell: Cell) -> nn.Module:
        return load_network(folder / cell.name, cell, model, shards.manifest, device)

    inspected = inspect_networks(cells, network, batch, validation, config) | loss_surfaces(
        twins, network, batch, config
    )
    responses, paths = inspected[tables.RESPONSES], inspected[tables.PATHS]
    lesions, reorderings = inspected[tables.LESIONS], inspected[tables.REORDERINGS]
    summary = summarise(responses, paths, lesions, reorderings)
    provenance = shards.manifest["provenance"]
    write_json(Path(f"metrics/inspection-{dataset}.json"), {provenance: inspection_metrics(summary)})
    write_room(
        Path("data/inspection", dataset),
        {
            **inspected,
            tables.SUMMARY: summary,
            tables.RESPONSES_BY_PLACE: responses_by_place(responses),
            tables.PATHS_BY_LENGTH: paths_by_length(paths),
            tables.LESIONS_BY_BLOCK: lesions_by_block(lesions),
            tables.REORDERINGS_BY_SWAPS: reorderings_by_swaps(reorderings),
        },
        {
            "dataset": dataset,
            "provenance": provenance,
            "depth": max(matrix.depths),
            "validation_images": len(validation[0]),
        },
    )


if __name__ == "__main__":
    run_on_dataset(inspect_runs, __doc__)
