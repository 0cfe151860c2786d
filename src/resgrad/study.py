"""All of params.yaml, and the constraints between its sections."""

import os
from itertools import product
from pathlib import Path
from typing import Any

from pydantic import model_validator

from resgrad.audit.config import AuditConfig, check_audit
from resgrad.common.cells import VARIANTS, Matrix, is_residual, variant_name
from resgrad.common.config import DatasetName, ParameterError, load, read
from resgrad.common.kinds import kinds, load_kind
from resgrad.comparison import gradient_distribution
from resgrad.comparison.config import ComparisonConfig, TargetConfig
from resgrad.datasets import formats
from resgrad.datasets.config import SourceConfig
from resgrad.datasets.known import OFFICIAL, SAMPLES
from resgrad.download.paths import local_paths
from resgrad.gradients.config import GradientsConfig
from resgrad.gradients.table import gradient_table
from resgrad.gradients.verdicts import VerdictsConfig
from resgrad.inspection.config import InspectConfig
from resgrad.models import check_image_size, check_network, check_twins
from resgrad.models.config import ModelConfig
from resgrad.preprocess.config import PreprocessConfig
from resgrad.probe.config import ProbeConfig
from resgrad.probe.recipes import check_probe
from resgrad.probe.shortcuts import check_shortcuts
from resgrad.results import gradient_flow
from resgrad.tolerance.config import ToleranceConfig, check_tolerance
from resgrad.training.config import BudgetConfig, TrainConfig

_READERS = (gradient_flow, gradient_distribution)
"""Modules that read gradient tables; each says which statistics it needs."""


class ModelSection(ModelConfig):
    """All of the section ``model``: the architecture, and which of the twins is reported."""

    residual: bool


class DatasetSection(SourceConfig, PreprocessConfig, BudgetConfig, TargetConfig):
    """All of a block ``data.<dataset>``; omitted keys have the defaults of its format."""

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, values: Any) -> Any:
        if not isinstance(values, dict):
            return values
        name = values.get("format")
        # A format that does not exist is refused by name, without messages about missing keys.
        return {**load_kind(formats, name if name in kinds(formats) else "folder").DEFAULTS, **values}


class Study(Matrix):
    """Every parameter of the study."""

    data: dict[DatasetName, DatasetSection]
    model: ModelSection
    train: TrainConfig
    gradients: GradientsConfig
    inspect: InspectConfig
    audit: AuditConfig
    tolerance: ToleranceConfig
    probe: ProbeConfig
    verdicts: VerdictsConfig
    comparison: ComparisonConfig

    @model_validator(mode="after")
    def _consistent(self) -> "Study":
        for dataset in self.datasets:
            if dataset not in self.data:
                raise ValueError(
                    f"data.{dataset} is missing; {dataset} is among the datasets. Allowed: {', '.join(self.data)}, or "
                    f"a block of its own: -S '+data.{dataset}={{format: folder, source: PATH}}'."
                )
            epochs = self.data[dataset].epochs
            if self.train.warmup_epochs >= epochs:
                raise ValueError(
                    f"train.warmup_epochs is {self.train.warmup_epochs}; allowed: less than "
                    f"data.{dataset}.epochs, which is {epochs}."
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
        check_tolerance(self.tolerance, self.depths, self.train.warmup_epochs)
        check_probe(self.probe)
        check_shortcuts(self.probe.shortcuts)
        reported = variant_name(residual=self.model.residual)
        if reported not in self.variants:
            raise ValueError(f"model.residual asks for the {reported} networks, which are not among the variants.")
        return self


def load_study(path: Path) -> Study:
    """Read and check a parameter file.

    Raises:
        ParameterError: one sentence per parameter that cannot be used.
    """
    return load(Study, read(path))


OUTPUTS = ("data", "metrics", "plots")
"""Folders of what the stages write."""

RESERVED = frozenset({"probe"})
"""Names of files in metrics/ and plots/ that do not belong to a data set."""


def _check_dataset(dataset: str, config: DatasetSection) -> None:
    """Refuse a block whose parameters are inconsistent."""
    key, data_format = f"data.{dataset}", load_kind(formats, config.format)
    if dataset in RESERVED:
        raise ParameterError(f"{key} has a name that is taken: metrics/{dataset}.json is the probe's; choose another.")
    _check_source(dataset, config)
    for parameter, value in (("source", config.source), ("leaf_map", config.leaf_map)):
        _check_place(f"{key}.{parameter}", value)
    if config.leaf_map is not None and not data_format.HAS_FILE_NAMES:
        raise ParameterError(f"{key}.leaf_map is set; allowed: null, images of format {config.format} have no names.")
    if data_format.BRINGS_TEST:
        if config.test_fraction is not None:
            raise ParameterError(
                f"{key}.test_fraction is {config.test_fraction}; allowed: null, a set of format {config.format} brings "
                "its own test split."
            )
    elif config.test_fraction is None:
        raise ParameterError(f"{key}.test_fraction is null; allowed: a share between 0 and 1.")
    elif config.validation_fraction + config.test_fraction >= 1:
        raise ParameterError(
            f"{key}.validation_fraction and test_fraction add up to "
            f"{config.validation_fraction + config.test_fraction:g}; allowed: less than 1, the rest is for training."
        )


def _check_source(dataset: str, config: DatasetSection) -> None:
    """Refuse official files or a sample for a set that has none, or in another format."""
    for source, known in {"official": OFFICIAL, "embedded": SAMPLES}.items():
        if config.source != source:
            continue
        if dataset not in known:
            raise ParameterError(
                f"data.{dataset}.source is {source}, which is known for {', '.join(known)} alone; allowed: a path or "
                "an address."
            )
        if config.format != known[dataset].format:
            raise ParameterError(
                f"data.{dataset}.format is {config.format}; allowed with the {source} source: {known[dataset].format}."
            )


def _check_place(key: str, value: str | None) -> None:
    """Refuse a path where DVC deletes what it finds before a stage writes, or that leads to such a place."""
    for path in local_paths([value]):
        try:
            place = Path(os.path.realpath(path))  # Path.resolve fails where links go round in a circle
        except ValueError:
            raise ParameterError(f"{key} is {value!r}, which no file can be called.") from None
        for own in OUTPUTS:
            folder = Path(own).resolve()
            if folder in (place, *place.parents) or place in folder.parents:
                raise ParameterError(
                    f"{key} is {value}, which lies in {own}/ or holds it: the pipeline deletes and writes files there; "
                    "move yours to a folder outside the project."
                )


def _check_statistics(chosen: list[str]) -> None:
    """Refuse statistics that do not exist, and a choice without those that readers of gradient tables need."""
    gradient_table(chosen)
    sentences = [
        f"gradients.statistics lacks {', '.join(lacking)}; {reader.READ_BY} need {', '.join(reader.STATISTICS)}."
        for reader in _READERS
        if (lacking := [name for name in reader.STATISTICS if name not in chosen])
    ]
    if sentences:
        raise ParameterError("\n".join(sentences))
