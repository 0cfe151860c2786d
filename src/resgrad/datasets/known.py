"""The sets that the project knows by name: their official files, and the samples included in the project."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from resgrad.datasets import embedded


class Official(NamedTuple):
    """Where to find a set's official files."""

    format: str
    mirrors: tuple[str, ...]
    """Web folders that hold the files, best first."""
    files: Mapping[str, str]
    """Name and checksum of each: ``sha256:...`` or ``md5:...``."""


OFFICIAL: Mapping[str, Official] = MappingProxyType(
    {
        "mnist": Official(
            "idx",
            (
                "https://storage.googleapis.com/cvdf-datasets/mnist/",  # used by TensorFlow Datasets
                "https://ossci-datasets.s3.amazonaws.com/mnist/",  # used by torchvision
                "http://yann.lecun.com/exdb/mnist/",  # the original place; often closed to programs
            ),
            {
                "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            },
        ),
        "fashion_mnist": Official(
            "idx",
            (
                "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
                "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",  # used by torchvision
            ),
            {
                "train-images-idx3-ubyte.gz": "sha256:3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "train-labels-idx1-ubyte.gz": "sha256:a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "t10k-images-idx3-ubyte.gz": "sha256:346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "t10k-labels-idx1-ubyte.gz": "sha256:67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            },
        ),
        "cifar10": Official(
            "cifar",
            ("https://www.cs.toronto.edu/~kriz/",),
            {
                "cifar-10-binary.tar.gz": "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
            },
        ),
        "cifar100": Official(
            "cifar",
            ("https://www.cs.toronto.edu/~kriz/",),
            {"cifar-100-binary.tar.gz": "md5:03b5dce01913d631647c71ecec9e9cb8"},  # no SHA-256 is published
        ),
        # Kaggle publishes no checksum; that of the first download is used, once it is checked as an archive.
        "plantvillage": Official("folder", (), {}),
    }
)
"""Sets whose official files can be fetched, by the name of their block; PlantVillage comes from Kaggle."""


class Sample(NamedTuple):
    """Images included in the project, in the form of real files."""

    format: str
    write: Callable[[Path], None]
    """Writes the files into a folder, as the format's ``bring`` would."""


SAMPLES: Mapping[str, Sample] = MappingProxyType(
    {
        "mnist": Sample("idx", embedded.write_digits),
        "plantvillage": Sample("folder", lambda folder: embedded.write_leaves(folder / "images.zip")),
    }
)
"""Sets that have a sample, by the name of their block."""
