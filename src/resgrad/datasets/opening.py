"""Open a data set of any format."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import numpy as np

from resgrad.datasets.listing import LayoutError, Listing


@contextmanager
def opened(data_format: ModuleType, folder: Path, shown: str) -> Iterator[Listing]:
    """List the images of a data set, as its format does, after checking that there are classes to tell apart.

    Args:
        data_format: one of :mod:`resgrad.datasets.formats`.
        folder: the result of the format's ``bring``.
        shown: name of the set in messages.

    Raises:
        ResgradError: the files cannot be used.
    """
    with data_format.opened(folder, shown) as listing:
        names = [listing.classes[label] for label in np.unique(listing.labels).tolist()]
        if len(names) < 2:
            what = f"images of class {names[0]} only" if names else "no images"
            raise LayoutError(f"{shown} holds {what}; give a data set with images of at least two classes.")
        yield listing
