"""The code that runs when a module does: its file, and every file of the project that its imports reach."""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path

PACKAGES = ("resgrad", "stages")
"""The packages of the project; what lies in others is a matter of requirements.lock."""


def imported_files(*modules: str) -> dict[str, Path]:
    """Find the files of modules and of all that they import from the project, by name of the module, sorted.

    An import counts wherever it stands in the code, even in a function. What is imported by a name that is put together
    as the code runs (:func:`resgrad.common.kinds.load_kind`) does not: pass it too. A file that holds nothing but a
    docstring, as most ``__init__.py`` do, decides nothing and is left out.

    Args:
        modules: full names, such as ``"stages.train"``.

    Raises:
        ImportError: one of the modules does not exist, or has a relative import.
    """
    files: dict[str, Path] = {}
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        module = waiting.pop()
        if module in seen:
            continue
        seen.add(module)
        file = _file(module)
        code = ast.parse(file.read_bytes())
        if any(not _is_text(statement) for statement in code.body):
            files[module] = file
        parent = module.rpartition(".")[0]
        waiting += [name for name in (parent, *_imports(code)) if name.split(".")[0] in PACKAGES]
    return dict(sorted(files.items()))


def digest_of_code(modules: Iterable[str]) -> str:
    """Return the SHA-256 of the names and contents of :func:`imported_files`, for a stage to track as a parameter."""
    digest = hashlib.sha256()
    for module, file in imported_files(*modules).items():
        digest.update(f"{module} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _imports(code: ast.Module) -> Iterator[str]:
    for node in ast.walk(code):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level or node.module is None:
                raise ImportError("A relative import is not followed; name the module in full.")
            yield node.module
            if node.module.split(".")[0] in PACKAGES:
                names = (f"{node.module}.{alias.name}" for alias in node.names)
                yield from (name for name in names if _is_module(name))


def _is_module(name: str) -> bool:
    parent = find_spec(name.rpartition(".")[0])
    return bool(parent and parent.submodule_search_locations) and find_spec(name) is not None


def _file(module: str) -> Path:
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"No module named {module!r}", name=module)
    return Path(spec.origin)


def _is_text(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
