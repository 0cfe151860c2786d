"""The whole of params.yaml, and what must hold between its sections."""

from itertools import product
from pathlib import Path

from pydantic import model_validator

from resgrad.audit.config import AuditConfig, check_audit
from resgrad.common.cells import VARIANTS, Matrix, is_residual, variant_name
from resgrad.common.config import DatasetName, ParameterError, load, read
from resgrad.comparison import gradient_distribution
from resgrad.comparison.config import ComparisonConfig
from resgrad.datasets.config import DatasetConfig
from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.table import gradient_table
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.inspection.config import InspectConfig
from resgrad.models import check_image_size, check_network, check_twins
from resgrad.models.config import ModelConfig
from resgrad.probe.config import ProbeConfig
from resgrad.probe.recipes import check_probe
from resgrad.probe.shortcuts import check_shortcuts
from resgrad.results import gradient_flow
from resgrad.training.config import TrainConfig

_READERS = (gradient_flow, gradient_distribution)
"""Modules that read gradient tables; each says which statistics it needs."""


class ModelSection(ModelConfig):
    """All of the section ``model``: what networks are made of, and which of the twins is reported."""

    residual: bool


class Study(Matrix):
    """Every parameter of the study."""

    data: dict[DatasetName, DatasetConfig]
    model: ModelSection
    train: TrainConfig
    gradients: GradientsConfig
    inspect: InspectConfig
    audit: AuditConfig
    probe: ProbeConfig
    verdicts: VerdictsConfig
    comparison: ComparisonConfig

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        for dataset in self.datasets:
            for key, values in {
                "data": self.data,
                "train.epochs": self.train.epochs,
                "train.augment": self.train.augment,
                "comparison.target_accuracy": self.comparison.target_accuracy,
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
        for variant, depth in product(self.variants, self.depths):
            residual = is_residual(variant)
            check_network(self.model, depth=depth, residual=residual)
            for dataset in self.datasets:
                size = self.data[dataset].image_size
                check_image_size(self.model, depth=depth, residual=residual, image_size=size, dataset=dataset)
        if set(self.variants) == set(VARIANTS):
            for depth in self.depths:
                check_twins(self.model, depth=depth)
        _check_statistics(self.gradients.statistics)
        check_audit(self.audit, self.train.warmup_epochs)
        check_probe(self.probe)
        check_shortcuts(self.probe.shortcuts)
        reported = variant_name(residual=self.model.residual)
        if reported not in self.variants:
            raise ValueError(f"model.residual asks for the {reported} networks, which are not among the variants.")
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


def _check_statistics(chosen: list[str]) -> None:
    """Refuse statistics that do not exist, or without which the gradient tables cannot be read."""
    gradient_table(chosen)
    sentences = [
        f"gradients.statistics lacks {', '.join(lacking)}; {reader.READ_BY} need {', '.join(reader.STATISTICS)}."
        for reader in _READERS
        if (lacking := [name for name in reader.STATISTICS if name not in chosen])
    ]
    if sentences:
        raise ParameterError("\n".join(sentences))
