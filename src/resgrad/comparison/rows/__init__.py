"""The six rows of the study's closing table, a module each, whose docstring is the definition that is published."""

import pandas as pd

from resgrad.comparison.rows import depth, efficiency, gradients, performance, stability, training_time
from resgrad.results.metrics import measure_runs
from resgrad.results.runs import RUN, Run

ROWS = (efficiency.ROW, performance.ROW, gradients.ROW, training_time.ROW, depth.ROW, stability.ROW)


def measure_rows(
    runs: list[Run], norms: pd.DataFrame, verdicts: pd.DataFrame, *, target: float, training_images: int
) -> pd.DataFrame:
    """Measure all runs of a dataset in every way that the closing table needs.

    Args:
        runs: of one dataset.
        norms: from :func:`~resgrad.results.gradient_flow.load_norms`.
        verdicts: from :func:`gradients.load_verdicts`.
        target: validation accuracy that efficiency and training time are measured to.
        training_images: in one epoch.

    Returns:
        a row per run, sorted: variant, depth, seed and the measures of :data:`ROWS`; NaN where undefined.
    """
    results = measure_runs(runs)
    times = efficiency.measure(runs, target)
    tables = [
        times,
        performance.measure(results),
        gradients.measure(norms, verdicts, results[[*RUN, "diverged"]]),
        training_time.measure(runs, times, training_images),
        depth.measure(results),
        stability.measure(runs),
    ]
    return pd.concat([table.set_index(RUN) for table in tables], axis="columns").sort_index().reset_index()
