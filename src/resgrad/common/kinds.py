"""Plug-ins: every module of a package is one kind, found by its name; adding one changes no other file.

The package's docstring says what such a module must offer. A parameter names one: ``Annotated[str, one_of(package)]``.
"""

import hashlib
import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

from pydantic import AfterValidator
from pydantic_core import PydanticCustomError


def kinds(package: ModuleType) -> list[str]:
    """List the names of all kinds that a package holds, sorted."""
    return sorted(module.name for module in pkgutil.iter_modules(package.__path__))


def load_kind(package: ModuleType, name: str) -> ModuleType:
    """Import one of the package's :func:`kinds`."""
    return importlib.import_module(f"{package.__name__}.{name}")


def source_of_kind(package: ModuleType, name: str) -> Path:
    """Return the file of one of the package's :func:`kinds`, without importing it."""
    folders = (Path(folder, f"{name}.py") for folder in package.__path__)
    return next(file for file in folders if file.exists())


def digest_of_kind(package: ModuleType, name: str) -> str:
    """Return the SHA-256 of the file of one of the package's :func:`kinds`, for a stage to track as a parameter."""
    return hashlib.sha256(source_of_kind(package, name).read_bytes()).hexdigest()


def one_of(package: ModuleType) -> AfterValidator:
    """Return a validator with which a section refuses the names of kinds that do not exist."""

    def existing(name: str) -> str:
        names = kinds(package)
        if name not in names:
            raise PydanticCustomError("no_such_kind", "Input should be {names}", {"names": ", ".join(names)})
        return name

    return AfterValidator(existing)
