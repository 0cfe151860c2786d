"""Report the variant that model.residual names: ``python -m stages.evaluate <dataset>``.

All paths are the same for both variants, so that ``dvc metrics diff`` and ``dvc plots diff`` compare them.
"""

from pathlib import Path
from typing import Any

from resgrad.common.cells import Matrix, Variant, variant_name
from resgrad.common.config import ParameterError, load_part, read
from resgrad.common.files import write_json
from resgrad.common.frames import to_rows
from resgrad.evaluation.curves import learning_curves
from resgrad.evaluation.gradient_heatmap import heat_map
from resgrad.results.gradient_flow import first_to_last, load_norms, norms_by_layer
from resgrad.results.metrics import confusion, measure_runs, summarise
from resgrad.results.runs import RUN, load_runs
from stages._run import run_on_dataset


def evaluate(dataset: str) -> None:
    """Read runs and gradient tables of one variant; write its metrics and plots."""
    parameters = read(Path("params.yaml"))
    matrix = load_part(Matrix, parameters)
    variant = _variant(parameters)
    cells = [cell for cell in matrix.cells(dataset) if cell.variant == variant]
    runs = load_runs(Path("data/runs", dataset), cells)
    norms = load_norms(Path("data/gradients", dataset), cells)
    provenance = runs[0].provenance
    deepest = max(matrix.depths)

    measures = measure_runs(runs).merge(first_to_last(norms), on=RUN, how="left")
    write_json(Path(f"metrics/{dataset}.json"), {provenance: summarise(measures)})
    curves = learning_curves(runs)
    plots = {
        "accuracy": curves.drop(columns=list(curves.filter(like="loss"))),
        "loss": curves.drop(columns=list(curves.filter(like="accuracy"))),
        "gradient_norms": norms_by_layer(norms),
        "gradient_heatmap": heat_map(norms[norms["depth"] == deepest]),
        "confusion": confusion([run for run in runs if run.cell.depth == deepest]).assign(depth=deepest),
    }
    for name, frame in plots.items():
        panel = f"{provenance} {dataset} · depth " + frame["depth"].astype(str)
        write_json(Path(f"plots/{dataset}/{name}.json"), to_rows(frame.assign(panel=panel, variant=variant)))


def _variant(parameters: dict[str, Any]) -> Variant:
    """Return the name of the reported variant."""
    residual = (parameters.get("model") or {}).get("residual")
    if not isinstance(residual, bool):
        raise ParameterError(f"model.residual is {residual!r}; allowed: true or false.")
    return variant_name(residual=residual)


if __name__ == "__main__":
    run_on_dataset(evaluate, __doc__)
