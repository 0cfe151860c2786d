"""Compare plain and residual networks: ``python -m stages.compare <dataset>``."""

from pathlib import Path

from resgrad.analysis.comparison import compare, to_markdown
from resgrad.analysis.curves import learning_curves
from resgrad.analysis.gradient_flow import first_to_last, load_norms, norms_by_layer
from resgrad.analysis.metrics import measure_runs
from resgrad.analysis.runs import RUN, load_runs
from resgrad.config import read
from resgrad.figures.comparison import draw_comparison
from resgrad.figures.style import save
from resgrad.files import replacing, write_json
from stages._matrix import load_matrix, run_on_dataset


def compare_variants(dataset: str) -> None:
    """Read all runs and gradient tables; write the comparison as JSON, Markdown and a picture."""
    matrix = load_matrix(read(Path("params.yaml")))
    cells = list(matrix.cells(dataset))
    runs = load_runs(Path("data/runs", dataset), cells)
    norms = load_norms(Path("data/gradients", dataset), cells)
    provenance = runs[0].provenance
    measures = measure_runs(runs).merge(first_to_last(norms), on=RUN, how="left")

    comparison = compare(measures)
    write_json(Path(f"metrics/comparison-{dataset}.json"), {provenance: comparison})
    with replacing(Path(f"metrics/comparison-{dataset}.md")) as partial:
        partial.write_text(to_markdown(comparison, dataset, provenance), encoding="utf-8")

    deepest = max(matrix.depths)
    figure = draw_comparison(
        f"{dataset} ({provenance} data): plain and residual twins, n = {len(matrix.seeds)} seeds",
        measures,
        learning_curves([run for run in runs if run.cell.depth == deepest]),
        norms_by_layer(norms[norms["depth"] == deepest]),
    )
    save(figure, Path(f"plots/{dataset}/comparison.png"))


if __name__ == "__main__":
    run_on_dataset(compare_variants, __doc__)
