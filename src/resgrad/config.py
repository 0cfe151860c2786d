"""Load params.yaml into frozen dataclasses; refuse by name what is unknown, mistyped or impossible.

A section's dataclass lives beside what it configures and is declared with :func:`section`, which makes it frozen and
its validation strict: ``1`` is no boolean, ``"1"`` no number, NaN and infinity are nothing.
"""

import difflib
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_type_hints

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML, YAMLError

from resgrad.errors import ResgradError

Section = TypeVar("Section")
DatasetName = Literal["mnist", "plantvillage"]

section = dataclass(frozen=True, kw_only=True, config=ConfigDict(strict=True, extra="forbid", allow_inf_nan=False))
"""Declare the dataclass of a section of params.yaml."""


class ParameterError(ResgradError, ValueError):
    """One or more parameters cannot be used; one sentence per line says which, and what is allowed."""


def read(path: Path) -> dict[str, Any]:
    """Read a parameter file as plain dictionaries, lists and scalars.

    YAML 1.2 rules apply: ``1e-05``, as ``dvc exp run -S`` writes it, is a number, and ``no`` is a string.

    Raises:
        ParameterError: the file is missing, not YAML, or not a mapping.
    """
    try:
        values = YAML(typ="safe", pure=True).load(path)
    except FileNotFoundError:
        raise ParameterError(f"{path} does not exist; run from the root of the repository.") from None
    except YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        what = getattr(error, "problem", None) or "it cannot be parsed"
        raise ParameterError(f"{path}{where} is not valid YAML: {what}.") from None
    if not isinstance(values, dict):
        raise ParameterError(f"{path} holds no parameters; restore it with `git checkout {path}`.")
    return values


def load(cls: type[Section], values: object, key: str = "") -> Section:
    """Validate plain values as a section.

    Args:
        cls: a dataclass declared with :func:`section`.
        values: what params.yaml holds at ``key``.
        key: dotted path of the section, to name parameters by; empty for the whole file.

    Raises:
        ParameterError: a key is unknown or missing, a type is wrong, or a value is impossible.
    """
    if not isinstance(values, dict):
        raise ParameterError(f"{key or 'params.yaml'} is {values!r}; allowed: a mapping of {_join(_keys(cls))}.")
    try:
        return TypeAdapter(cls).validate_python(values)
    except ValidationError as error:
        raise ParameterError("\n".join(_sentence(cls, key, detail) for detail in error.errors())) from None


def _sentence(cls: type, key: str, detail: ErrorDetails) -> str:
    """Say in one sentence which parameter is wrong and what is allowed."""
    steps = [str(step) for step in detail["loc"] if step != "[key]"]
    name = ".".join([*filter(None, [key]), *steps])
    if detail["type"] == "value_error":  # raised by a section's own validator, which names its parameter
        return f"{key + '.' if key else ''}{detail['ctx']['error']}"
    if detail["type"] in {"unexpected_keyword_argument", "extra_forbidden"}:
        allowed = _keys(_class_at(cls, steps[:-1]))
        close = difflib.get_close_matches(steps[-1], allowed, n=1)
        return f"{name} is not a parameter; {f'did you mean {close[0]}?' if close else f'allowed: {_join(allowed)}.'}"
    if detail["loc"][-1:] == ("[key]",):
        return f"{name} is not a parameter; allowed: {detail['ctx']['expected']}."
    if detail["type"] in {"missing", "missing_argument", "missing_keyword_only_argument"}:
        return f"{name} is missing; restore it, `git diff params.yaml` shows what was there."
    allowed = detail["msg"].removeprefix("Input should be ").replace("a valid boolean", "true or false")
    return f"{name} is {_show(detail['input'])}; allowed: {allowed}."


def _class_at(cls: type, steps: list[str]) -> type:
    """Follow attribute names and mapping keys from a section to the nested section they lead to."""
    for step in steps:
        if isinstance(cls, type):
            cls = get_type_hints(cls)[step]
        else:
            cls = get_args(cls)[-1]
    return cls


def _keys(cls: type) -> list[str]:
    return list(cls.__dataclass_fields__)


def _join(names: list[str]) -> str:
    return ", ".join(names)


def _show(value: object) -> str:
    return {None: "null", True: "true", False: "false"}[value] if value is None or isinstance(value, bool) else repr(value)
