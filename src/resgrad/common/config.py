"""Load params.yaml into frozen classes; refuse unknown, mistyped and impossible parameters by name.

A section is a class derived from :class:`Section`, kept beside the code that it configures. It is frozen and strictly
validated: ``1`` is not a boolean, ``"1"`` is not a number, and neither NaN nor infinity is accepted.
"""

import difflib
import reprlib
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args, get_type_hints

from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from pydantic_core import ErrorDetails
from ruamel.yaml import YAML, YAMLError

from resgrad.common.errors import ResgradError

DatasetName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
"""Allowed names of the blocks below ``data``; they become part of the names of files and stages."""


class Section(BaseModel):
    """A section of params.yaml."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid", allow_inf_nan=False)


AnySection = TypeVar("AnySection", bound=Section)


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


def load(cls: type[AnySection], values: object, key: str = "") -> AnySection:
    """Validate plain values as a section.

    Args:
        cls: the section's class.
        values: what params.yaml holds at ``key``.
        key: dotted path of the section, for error messages; empty for the whole file.

    Raises:
        ParameterError: a key is unknown or missing, a type is wrong, or a value is impossible.
    """
    if not isinstance(values, dict):
        raise ParameterError(f"{key or 'params.yaml'} is {_show(values)}; allowed: a mapping of {_join(_keys(cls))}.")
    try:
        return cls.model_validate(values)
    except ValidationError as error:
        raise ParameterError("\n".join(_sentences(cls, key, error.errors()))) from None


def load_part(cls: type[AnySection], values: object, key: str = "") -> AnySection:
    """Validate the section's parameters that ``cls`` knows and ignore the others; see :func:`load`."""
    if isinstance(values, dict):
        values = {name: value for name, value in values.items() if name in cls.model_fields}
    return load(cls, values, key)


_ALLOWED = {
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "text",
    "list_type": "a list, one `- value` a line",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "string_pattern_mismatch": "lower-case letters, digits and _, beginning with a letter",
    "string_too_short": "text that is not empty",
    "too_short": "at least one value",
}
"""What is allowed, in the user's terms, by the type of pydantic's error."""


def _sentences(cls: type[Section], key: str, details: list[ErrorDetails]) -> list[str]:
    """Write one sentence per mistake, and none about its consequences."""
    misspelt = {_intended(cls, detail) for detail in details if detail["type"] == "extra_forbidden"}
    no_dataset = {detail["loc"][:-1] for detail in details if detail["loc"][-1:] == ("[key]",)}
    return [
        _sentence(cls, key, detail)
        for detail in details
        if not (detail["type"] == "missing" and (detail["loc"] in misspelt or detail["loc"][:-1] in no_dataset))
    ]


def _sentence(cls: type[Section], key: str, detail: ErrorDetails) -> str:
    """Say in one sentence which parameter is wrong and what is allowed."""
    steps = [str(step) for step in detail["loc"] if step != "[key]"]
    name = ".".join([*filter(None, [key]), *steps])
    context = detail.get("ctx", {})
    if detail["type"] == "value_error":  # raised by a section's own validator, which names its parameter
        return f"{key + '.' if key else ''}{context['error']}"
    if detail["type"] == "extra_forbidden":
        meant = _intended(cls, detail)[-1]
        allowed = _join(_keys(_class_at(cls, steps[:-1])))
        return f"{name} is not a parameter; {f'did you mean {meant}?' if meant else f'allowed: {allowed}.'}"
    if detail["loc"][-1:] == ("[key]",):
        return f"{name} is not a parameter; allowed: {context.get('expected') or _ALLOWED[detail['type']]}."
    if detail["type"] == "missing":
        return f"{name} is missing; restore it, `git diff params.yaml` shows what was there."
    allowed = _ALLOWED.get(detail["type"]) or detail["msg"].removeprefix("Input should be ")
    null = ", or null" if _allows_null(_hint_at(cls, steps)) else ""
    return f"{name} is {_show(detail['input'])}; allowed: {allowed}{null}."


def _intended(cls: type[Section], detail: ErrorDetails) -> tuple[str | int, ...]:
    """Return the location that an unknown key was probably meant for; its last step is "" if nothing is similar."""
    *above, unknown = detail["loc"]
    close = difflib.get_close_matches(str(unknown), _keys(_class_at(cls, above)), n=1)
    return (*above, close[0] if close else "")


def _class_at(cls: type, steps: list) -> Any:
    """Return the type of :func:`_hint_at`, without null."""
    hint = _hint_at(cls, steps)
    return next(own for own in get_args(hint) if own is not type(None)) if _allows_null(hint) else hint


def _hint_at(cls: type, steps: list) -> Any:
    """Follow attribute names, mapping keys and places in lists from a section to the annotation they lead to."""
    if not steps:
        return cls
    *above, step = steps
    parent = _class_at(cls, above)
    return get_type_hints(parent)[step] if isinstance(parent, type) else get_args(parent)[-1]


def _allows_null(hint: Any) -> bool:
    return type(None) in get_args(hint)


def _keys(cls: type) -> list[str]:
    return list(cls.model_fields)


def _join(names: list[str]) -> str:
    return ", ".join(names)


def _show(value: object) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return reprlib.repr(value)
