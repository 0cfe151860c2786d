"""Turn a dataset's raw files into shards: ``python -m stages.preprocess <dataset>``."""

import argparse
from pathlib import Path

from resgrad.common.config import load, read
from resgrad.common.files import write_json
from resgrad.datasets.config import DatasetConfig
from resgrad.preprocess.preprocess import preprocess
from stages._run import run


def main(dataset: str) -> None:
    """Read ``data.<dataset>`` and data/raw; write data/shards and the metrics of the data."""
    sections = read(Path("params.yaml")).get("data") or {}
    config = load(DatasetConfig, sections.get(dataset), f"data.{dataset}")
    metrics = preprocess(
        Path("data/raw", dataset),
        Path("data/shards", dataset),
        image_size=config.image_size,
        color=config.color,
        train_limit=config.train_limit,
        validation_fraction=config.validation_fraction,
        test_fraction=config.test_fraction,
        split=config.split,
    )
    write_json(Path("metrics", f"data-{dataset}.json"), metrics)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset")
    arguments = parser.parse_args()
    run(lambda: main(arguments.dataset))
