"""The whole of params.yaml, and what must hold between its sections."""

from pathlib import Path

from pydantic import model_validator

from resgrad.cells import Matrix
from resgrad.config import DatasetName, ParameterError, load, read
from resgrad.data.config import DatasetConfig
from resgrad.gradients.config import GradientsConfig
from resgrad.models import check_network
from resgrad.models.config import ModelConfig
from resgrad.training.config import TrainConfig


class Study(Matrix):
    """Every parameter of the study."""

    data: dict[DatasetName, DatasetConfig]
    model: ModelConfig
    train: TrainConfig
    gradients: GradientsConfig

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        for dataset in self.datasets:
            for key, values in {
                "data": self.data,
                "train.epochs": self.train.epochs,
                "train.augment": self.train.augment,
            }.items():
                if dataset not in values:
                    raise ValueError(f"{key}.{dataset} is missing; {dataset} is among the datasets.")
            epochs = self.train.epochs[dataset]
            if self.train.warmup_epochs >= epochs:
                raise ValueError(
                    f"train.warmup_epochs is {self.train.warmup_epochs}; allowed: less than "
                    f"train.epochs.{dataset}, which is {epochs}."
                )
        for dataset, config in self.data.items():
            _check_dataset(dataset, config)
        for depth in self.depths:
            check_network(self.model.network, depth)
        return self


def load_study(path: Path) -> Study:
    """Read and check a parameter file.

    Raises:
        ParameterError: with one sentence per parameter that cannot be used.
    """
    return load(Study, read(path))


def _check_dataset(dataset: str, config: DatasetConfig) -> None:
    if dataset == "mnist":
        if config.test_fraction is not None:
            raise ParameterError(
                f"data.mnist.test_fraction is {config.test_fraction}; allowed: null, MNIST brings its own test split."
            )
        if config.leaf_map is not None:
            raise ParameterError("data.mnist.leaf_map is set; allowed: null, digits have no leaves.")
    elif config.test_fraction is None:
        raise ParameterError(f"data.{dataset}.test_fraction is null; allowed: a share between 0 and 1.")
    elif config.validation_fraction + config.test_fraction >= 1:
        raise ParameterError(
            f"data.{dataset}.validation_fraction and test_fraction add up to "
            f"{config.validation_fraction + config.test_fraction:g}; allowed: less than 1, the rest is for training."
        )
