"""Classify images by eight pixels of their border, which show the backdrop and hardly any leaf.

Noyan 2022 (Uncovering bias in the PlantVillage dataset, arXiv:2206.04374): from eight background pixels, a random
forest with default parameters predicts one of 38 classes with an accuracy of 49.0 % on the test images; guessing gives
2.6 %. The pixels here come from the shards, so that the forest sees what the networks see: one pixel of a downscaled
photograph is the mean of many.
"""

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import RandomForestClassifier

from resgrad.common.seeds import derive
from resgrad.shards.images import Images

_PIECE = 1024
"""Images in memory at a time."""


def border_pixels(images: Images | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Take the corners and the middles of the edges, clockwise from the upper left corner.

    Args:
        images: N x C x H x W.

    Returns:
        N x 8C: all channels of the first pixel, then of the second, ...
    """
    bottom, right = images.shape[2] - 1, images.shape[3] - 1
    middle, centre = images.shape[2] // 2, images.shape[3] // 2
    rows = [0, 0, 0, middle, bottom, bottom, bottom, middle]
    columns = [0, centre, right, right, right, centre, 0, 0]
    pieces = (images[start : start + _PIECE] for start in range(0, len(images), _PIECE))
    return np.concatenate([p[:, :, rows, columns].transpose(0, 2, 1).reshape(len(p), -1) for p in pieces])


def classify_borders(
    images: Images | NDArray[np.uint8],
    labels: NDArray[np.int64],
    unknown: Images | NDArray[np.uint8],
    seed: int,
) -> NDArray[np.int64]:
    """Fit a random forest (scikit-learn's defaults) to the border pixels of labelled images, and classify others.

    Args:
        images: N x C x H x W.
        labels: N.
        unknown: M x C x H x W.
        seed: root of the forest's draws.

    Returns:
        M predicted labels.
    """
    forest = RandomForestClassifier(random_state=derive(seed, "audit", "border pixels") % 2**32)
    return forest.fit(border_pixels(images), labels).predict(border_pixels(unknown))
