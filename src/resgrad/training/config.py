"""The parameters of training."""

from typing import Annotated, Literal

from pydantic import Field

from resgrad.common.config import Section
from resgrad.common.kernels import Kernels
from resgrad.shards.config import AugmentConfig


class TrainConfig(Section):
    """The section ``train``; params.yaml explains each key."""

    batch_size: Annotated[int, Field(ge=3)]
    optimizer: Literal["sgd", "adam", "rmsprop", "adagrad"]
    learning_rate: Annotated[float, Field(gt=0)]
    momentum: Annotated[float, Field(ge=0, lt=1)]
    weight_decay: Annotated[float, Field(ge=0)]
    schedule: Literal["constant", "step", "cosine", "one-cycle"]
    warmup_epochs: Annotated[int, Field(ge=0)]
    evaluations_per_epoch: Annotated[int, Field(ge=1)]
    clip_norm: Annotated[float, Field(gt=0)] | None
    device: Literal["auto", "cpu", "cuda", "mps"]
    precision: Literal["float32", "bfloat16", "float16"]
    compile: bool
    threads: Annotated[int, Field(ge=1, le=1024)]
    kernels: Kernels


class BudgetConfig(Section):
    """The part of ``data.<dataset>`` that decides how long networks train, and with which augmentation."""

    epochs: Annotated[int, Field(ge=1)]
    augment: AugmentConfig
