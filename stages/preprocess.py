"""Turn a dataset's raw files into shards: ``python -m stages.preprocess <dataset>``."""

from pathlib import Path

from resgrad.common.config import load_part
from resgrad.common.files import write_json
from resgrad.preprocess.config import PreprocessConfig
from resgrad.preprocess.preprocess import preprocess
from stages._parameters import dataset_parameters
from stages._run import run_on_dataset


def make_shards(dataset: str) -> None:
    """Read ``data.<dataset>`` and data/raw; write data/shards and the metrics of the data."""
    parameters = dataset_parameters(dataset)
    config = load_part(PreprocessConfig, parameters, f"data.{dataset}")
    raw, shards = Path("data/raw", dataset), Path("data/shards", dataset)
    metrics, sentences = preprocess(raw, shards, config, format_name=parameters["format"])
    write_json(Path(f"metrics/data-{dataset}.json"), metrics)
    for sentence in sentences:
        print(sentence)


if __name__ == "__main__":
    run_on_dataset(make_shards, __doc__)
