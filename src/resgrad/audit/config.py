"""The parameters of the audit."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import ParameterError, Section
from resgrad.models.config import ModelConfig


class AuditConfig(Section):
    """The section ``audit``; params.yaml explains each key."""

    depth: int
    width: Annotated[int, Field(ge=1)]
    epochs: Annotated[int, Field(ge=1)]
    seeds: Annotated[list[Annotated[int, Field(ge=0, lt=2**63)]], Field(min_length=1)]

    @property
    def model(self) -> ModelConfig:
        """The small network, whatever networks the study is about: ``cifar_resnet`` as in its paper."""
        return ModelConfig(
            network="cifar_resnet",
            shortcut="zero_padding",
            width=self.width,
            normalization="batch",
            activation="relu",
            dropout=0.0,
            initialization="he",
            gain=1.0,
        )


def check_audit(config: AuditConfig, warmup_epochs: int) -> None:
    """Refuse an audit that is impossible, or that would count a training twice.

    Args:
        config: the section.
        warmup_epochs: warm-up epochs of all trainings.

    Raises:
        ParameterError: says which parameter to change, and why.
    """
    if config.depth < 8 or config.depth % 6 != 2:
        raise ParameterError(f"audit.depth is {config.depth}; allowed: 6n+2, from 8 on: 8, 14, 20, ...")
    if len(set(config.seeds)) < len(config.seeds):
        raise ParameterError(f"audit.seeds is {config.seeds}; allowed: each value once.")
    if config.epochs <= warmup_epochs:
        raise ParameterError(
            f"audit.epochs is {config.epochs}; allowed: more than train.warmup_epochs, which is {warmup_epochs}."
        )
