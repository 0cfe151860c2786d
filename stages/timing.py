"""Summarise how long the trainings of a dataset took: ``python -m stages.timing <dataset>``."""

from pathlib import Path

from resgrad.common.config import read
from resgrad.common.files import replacing, write_json
from resgrad.timing.times import load_times, summarise, to_markdown
from stages._matrix import load_matrix, run_on_dataset


def timing(dataset: str) -> None:
    """Read the times of all runs; write their means as JSON, and with their spread as Markdown."""
    cells = load_matrix(read(Path("params.yaml"))).cells(dataset)
    times = load_times(Path("data/times", dataset), cells)
    write_json(Path(f"metrics/timing-{dataset}.json"), summarise(times))
    with replacing(Path(f"metrics/timing-{dataset}.md")) as partial:
        partial.write_text(to_markdown(times, dataset), encoding="utf-8")


if __name__ == "__main__":
    run_on_dataset(timing, __doc__)
