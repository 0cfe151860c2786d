"""What a person should know of the images of a data set beyond the metrics: sentences for the screen."""

from collections.abc import Iterator, Mapping
from typing import Any

LEAKS = {
    "leak_copies": "of the test images are in another split too (left out there)",
    "leak": "of the test images of a known leaf show a leaf that is in training",
    "leak_captures": "of the test images are edited copies or originals of training images",
}
"""What each metric of a leak between given splits means, after a percentage."""


def summarise(dataset: str, metrics: Mapping[str, Any], examples: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence per reason for which images were left out, and one if the set's own splits leak.

    Args:
        dataset: its name.
        metrics: those to publish, without the provenance.
        examples: the name of an image left out, by reason; none for what the user asked for.
    """
    for reason, images in metrics["skipped"].items():
        if reason in examples:
            yield (
                f"{dataset}: {images:,} {'image is' if images == 1 else 'images are'} left out "
                f"({reason.replace('_', ' ')}), such as {examples[reason]}."
            )
    leaks = [f"{metrics[key]:.2%} {meaning}" for key, meaning in LEAKS.items() if metrics.get(key)]
    if "split_given" in metrics and leaks:
        yield f"{dataset}: its own splits leak: {', '.join(leaks)}; docs/data.md says how to split anew."
