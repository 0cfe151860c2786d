"""What stages track instead of params.yaml and of lists of files, which DVC cannot: ``check`` derives it from both."""

from typing import Any

from resgrad.common.imports import digest_of_code
from resgrad.datasets import formats
from resgrad.gradients import statistics
from resgrad.models import activations, networks, shortcuts
from resgrad.models.config import ModelConfig
from resgrad.study import Study
from resgrad.tolerance.config import resolve as resolve_budget


def resolve(study: Study) -> dict[str, Any]:
    """Return the contents of data/params.json.

    These are, for the dear stages, digests of the files that their imports reach, with the formats, kinds and
    statistics that the parameters name; the blocks of the data sets with all defaults filled in; the architecture of
    the networks, without the switch of the report; the training parameters, without those that the trainings of
    ``tolerance`` replace; and the values for null in that section.
    """
    return {
        "code": code(study),
        "data": {name: block.model_dump(exclude={"source"}) for name, block in study.data.items()},
        "model": study.model.model_dump(exclude={"residual"}),
        "tolerance": resolve_budget(
            study.tolerance, study.depths, {name: block.epochs for name, block in study.data.items()}
        ).model_dump(),
        "train": study.train.model_dump(exclude={"learning_rate", "evaluations_per_epoch"}),
    }


def code(study: Study) -> dict[str, Any]:
    """Return, by stage, the digest of the code of the stages that must not run again for a file they do not use."""
    return {stage: _digests(modules) for stage, modules in entry_modules(study).items()}


def entry_modules(study: Study) -> dict[str, Any]:
    """Return, by stage, the modules that it begins with: its own, and those that it imports by a parameter's value."""
    recorded = [f"{statistics.__name__}.{name}" for name in study.gradients.statistics]
    return {
        "audit": ["stages.audit", *_kinds(study.audit.model)],
        "download": {
            name: ["stages.download", f"{formats.__name__}.{block.format}"] for name, block in study.data.items()
        },
        "rate": ["stages.rate", *_kinds(study.model)],
        "train": ["stages.train", *_kinds(study.model), *recorded],
    }


def _digests(modules: list[str] | dict[str, list[str]]) -> str | dict[str, str]:
    if isinstance(modules, dict):
        return {name: digest_of_code(of_name) for name, of_name in modules.items()}
    return digest_of_code(modules)


def _kinds(model: ModelConfig) -> list[str]:
    chosen = {networks: model.network, shortcuts: model.shortcut, activations: model.activation}
    return [f"{package.__name__}.{name}" for package, name in chosen.items()]
