"""What a person should know of the images of a data set beyond the metrics: sentences for the screen."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

LEAKS = {
    "leak_copies": "of the test images are in another split too (left out there)",
    "leak": "of the test images of a known leaf show a leaf that is in training",
    "leak_captures": "of the test images are edited copies or originals of training images",
}
"""What each metric of a leak between given splits means, after a percentage."""


FAR_OFF = 0.1
"""Difference between the shares of a split dealt in groups and dealt singly, of which a person should know."""


def summarise(
    dataset: str,
    metrics: Mapping[str, Any],
    examples: Mapping[str, str],
    singly: Mapping[str, float],
    dropped: Collection[str],
) -> Iterator[str]:
    """Yield a sentence per reason for which images were left out, per share that is far off, and if own splits leak.

    Args:
        dataset: its name.
        metrics: those to publish, without the provenance.
        examples: the name of an image left out, by reason; none for what the user asked for.
        singly: the share of images that a split would have if they were dealt singly, where groups are dealt whole.
        dropped: schemes that would leave a class without an image in a split.
    """
    for reason, images in metrics["skipped"].items():
        if reason in examples:
            yield (
                f"{dataset}: {images:,} {'image is' if images == 1 else 'images are'} left out "
                f"({reason.replace('_', ' ')}), such as {examples[reason]}."
            )
    images = metrics["images"] + metrics["skipped"].get("over_train_limit", 0)
    for split in ("validation", "test") if singly else ():
        found, share = sum(metrics["counts"][split].values()) / images, singly[split]
        if abs(found - share) > FAR_OFF:
            yield (
                f"{dataset}: {found:.0%} of the images are in {split}, where {share:.0%} should be: images that belong "
                "together, by the leaf map or their names, stay together; `split: random` deals them singly."
            )
    for scheme in dropped:
        yield f"{dataset}: no {scheme} split is made, since a class would have no training, validation or test images."
    leaks = [f"{metrics[key]:.2%} {meaning}" for key, meaning in LEAKS.items() if metrics.get(key)]
    if "split_given" in metrics and leaks:
        yield f"{dataset}: its own splits leak: {', '.join(leaks)}; docs/data.md says how to split anew."
