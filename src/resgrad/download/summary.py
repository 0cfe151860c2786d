"""What was found in a source, in a few lines for the screen: nothing is ignored silently."""

from collections import defaultdict
from collections.abc import Iterable

from tqdm import tqdm

from resgrad.datasets.listing import Listing
from resgrad.datasets.printing import printable
from resgrad.preprocess.images import ImageError, probe_header

EXAMPLES = 3
"""Number of unusable files that are named."""


def summarise(dataset: str, listing: Listing, shown: str) -> str:
    """Say what a data set holds, what is ignored, and which files cannot be used; this reads every file.

    Args:
        dataset: its name.
        listing: its images.
        shown: name of the source in messages.

    Raises:
        ArchiveError: a file is damaged within its archive.
    """
    lines = [f"{dataset}: {len(listing.labels):,} images in {len(listing.classes):,} classes."]
    if listing.splits:
        lines.append("It brings its own splits: " + _counts(split or "train" for split in listing.splits) + ".")
    if listing.passed_over:
        reasons = (f"{kind.files:,} {reason} (such as {kind.example})" for reason, kind in listing.passed_over.items())
        lines.append("Passed over: " + ", ".join(reasons) + ".")
    lines += [
        f"{len(names):,} cannot be used ({fault.replace('_', ' ')}) and will be left out: "
        + ", ".join(f"{shown}/{name}" for name in names[:EXAMPLES])
        + (", ..." if len(names) > EXAMPLES else ".")
        for fault, names in _faults(listing).items()
    ]
    return printable(" ".join(lines))


def _counts(values: Iterable[str]) -> str:
    counts: dict[str, int] = defaultdict(int)
    for value in values:
        counts[value] += 1
    return ", ".join(f"{number:,} {value}" for value, number in counts.items())


def _faults(listing: Listing) -> dict[str, list[str]]:
    """List the files whose headers show that they cannot be used, by what is wrong with them."""
    faults: dict[str, list[str]] = defaultdict(list)
    if listing.names is None:
        return faults
    for position in tqdm(range(len(listing.labels)), "Checking images", unit="image", disable=None, leave=False):
        data = listing.read(position)
        try:
            if isinstance(data, bytes):
                probe_header(data)
        except ImageError as error:
            faults[error.reason].append(listing.id_of(position))
    return faults
