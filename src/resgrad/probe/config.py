"""The parameters of the probe."""

from typing import Annotated

from pydantic import Field

from resgrad.common.config import Section
from resgrad.models.config import Activation, Initialization, Network, Normalization, Shortcut
from resgrad.probe.shattering import ShatteringConfig

Depth = Annotated[int, Field(ge=1)]
Gain = Annotated[float, Field(gt=0)]
Seed = Annotated[int, Field(ge=0, lt=2**63)]


class Grid(Section):
    """An entry of ``probe.grids``: every combination of the values in its lists."""

    network: Network
    shortcut: Shortcut
    width: Annotated[int, Field(ge=1)]
    depths: Annotated[list[Depth], Field(min_length=1)]
    normalizations: Annotated[list[Normalization], Field(min_length=1)]
    activations: Annotated[list[Activation], Field(min_length=1)]
    initializations: Annotated[
        dict[Initialization, Annotated[list[Gain], Field(min_length=1)]],
        Field(min_length=1),
    ]


class Family(Section):
    """An entry of ``probe.shortcuts.families``: a kind of network, and the shortcuts that it is probed with."""

    network: Network
    shortcuts: Annotated[list[Shortcut], Field(min_length=1)]


class ShortcutsConfig(Section):
    """The section ``probe.shortcuts``; params.yaml explains each key."""

    width: Annotated[int, Field(ge=1)]
    depths: Annotated[list[Depth], Field(min_length=1)]
    families: Annotated[list[Family], Field(min_length=1)]


class ProbeConfig(Section):
    """The section ``probe``; params.yaml explains each key."""

    seeds: Annotated[list[Seed], Field(min_length=1)]
    batch_size: Annotated[int, Field(ge=2)]
    channels: Annotated[int, Field(ge=1)]
    image_size: Annotated[int, Field(ge=4)]
    classes: Annotated[int, Field(ge=2)]
    grids: Annotated[list[Grid], Field(min_length=1)]
    shattering: ShatteringConfig
    shortcuts: ShortcutsConfig

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Channels, height and width of the images."""
        return self.channels, self.image_size, self.image_size
