"""Write files so that a reader never sees half of one."""

import json
import math
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

PARTIAL = ".partial"
"""Suffix of files still being written; Git and DVC ignore them."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a path beside ``path`` to write a file or folder to; move it into place if the block succeeds.

    If the block raises, ``path`` is as it was and nothing else is left.
    """
    partial = path.with_name(path.name + PARTIAL)
    path.parent.mkdir(parents=True, exist_ok=True)
    _remove(partial)
    try:
        yield partial
        if partial.is_dir():
            _remove(path)
        partial.replace(path)
    except BaseException:
        _remove(partial)
        raise


def write_json(path: Path, values: Any, digits: int | None = 6) -> None:
    """Write JSON as it is published: indented, keys sorted, floats to six significant digits.

    Args:
        path: the file.
        values: its content.
        digits: significant digits of a float; None for all.

    Raises:
        ValueError: a number is NaN or infinite; the caller must leave such values out.
    """
    text = json.dumps(_rounded(values, digits), indent=2, sort_keys=True, allow_nan=False, ensure_ascii=False)
    with replacing(path) as partial:
        partial.write_text(text + "\n", encoding="utf-8")


def _rounded(values: Any, digits: int | None) -> Any:
    if isinstance(values, dict):
        return {str(key): _rounded(value, digits) for key, value in values.items()}
    if isinstance(values, list | tuple):
        return [_rounded(value, digits) for value in values]
    if isinstance(values, float) and math.isfinite(values) and digits is not None:
        return float(f"{values:.{digits}g}")
    return values


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
