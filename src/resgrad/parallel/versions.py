"""Whether a worker has the versions of this process, so that both compute the same bytes."""

import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

_PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def packages() -> list[str]:
    """Name the packages that this project is made with, as pyproject.toml does."""
    described = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))
    return sorted(Requirement(text).name for text in described["project"]["dependencies"])


def versions(names: Iterable[str]) -> dict[str, str | None]:
    """Return the versions in this process, that of Python among them; None for what is not installed."""
    return {"python": ".".join(map(str, sys.version_info)), **{name: _version(name) for name in names}}


def difference(wanted: Mapping[str, str | None], found: Mapping[str, str | None]) -> str | None:
    """Say which versions differ, naming both; None if none does.

    Args:
        wanted: what this run has.
        found: what a worker has.
    """
    differ = [
        f"{name} {found.get(name) or '(none)'} in place of {wanted[name] or '(none)'}"
        for name in wanted
        if found.get(name) != wanted[name]
    ]
    return f"it has {', '.join(differ)}; install the run's requirements.lock there" if differ else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
