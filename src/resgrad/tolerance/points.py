"""Read the results of the trainings at several learning rates."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from resgrad.common.errors import ResgradError
from resgrad.tolerance.config import Point


class PointError(ResgradError):
    """The file of a training is missing or damaged."""


def read_points(folder: Path, dataset: str, points: Iterable[Point]) -> list[dict[str, Any]]:
    """Read the trainings of one dataset, in the order of ``points``.

    Args:
        folder: holds their files.
        dataset: its name, for error messages.
        points: the trainings that must exist; anything else in the folder is ignored.

    Raises:
        PointError: a file is missing or damaged.
    """
    return [_read(folder / f"{point.name}.json", dataset, point) for point in points]


def _read(path: Path, dataset: str, point: Point) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError) as error:
        what = "is missing" if isinstance(error, FileNotFoundError) else "is damaged"
        raise PointError(f"{path} {what}; `dvc repro rate@{dataset}-{point.name}` brings it back.") from None
