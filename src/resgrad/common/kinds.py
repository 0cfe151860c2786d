"""Plug-ins: every module of a package is a kind of something, found by its name, and adding one changes no other file.

The package's docstring says what such a module offers.
"""

import importlib
import importlib.util
import pkgutil
from pathlib import Path
from types import ModuleType


def kinds(package: ModuleType) -> list[str]:
    """List the names of all kinds that a package holds, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load_kind(package: ModuleType, name: str) -> ModuleType:
    """Import one of the package's :func:`kinds`."""
    return importlib.import_module(f"{package.__name__}.{name}")


def source_of_kind(package: ModuleType, name: str) -> Path:
    """Return the file of one of the package's :func:`kinds`, without importing it."""
    return Path(importlib.util.find_spec(f"{package.__name__}.{name}").origin)
