"""Whether a worker has the versions of this process, so that both compute the same bytes."""

import platform
import sys
import tomllib
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from packaging.requirements import Requirement

from resgrad.common.processor import describe_processor

_PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def packages() -> list[str]:
    """Name the packages that this project is made with, as pyproject.toml does."""
    described = tomllib.loads(_PROJECT.read_text(encoding="utf-8"))
    return sorted(Requirement(text).name for text in described["project"]["dependencies"])


SYSTEM = {
    "python": lambda: ".".join(map(str, sys.version_info)),
    "libc": lambda: " ".join(platform.libc_ver()),
    "processor": lambda: ", ".join(describe_processor().values()),
}
"""What can differ between machines beside packages. Sines and exponentials come in part from the C library."""


def must_match(*, portable: bool) -> list[str]:
    """Name what must be the same on every machine of a run.

    Args:
        portable: whether all processors compute the same bytes; otherwise the processor counts, too.
    """
    return ["python", "libc", *([] if portable else ["processor"]), *packages()]


def versions(names: Iterable[str]) -> dict[str, str | None]:
    """Return the versions here of packages and of :data:`SYSTEM`, by name; None for what is not installed."""
    return {name: SYSTEM[name]() if name in SYSTEM else _version(name) for name in names}


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
    if not differ:
        return None
    of_system = all(found.get(name) == wanted[name] for name in wanted.keys() - {"libc", "processor"})
    advice = "use machines that are alike" if of_system else "install the run's requirements.lock there"
    return f"it has {', '.join(differ)}; {advice}"


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
