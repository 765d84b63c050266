"""Environment to frozen dataclass, once, at the start. It names every fault at once and reads nothing later."""

import dataclasses
import difflib
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

T = TypeVar("T")

_PORT_MAX = 65_535
_TRUTH = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class ConfigError(Exception):
    """The environment does not make a configuration; `faults` has a sentence for each reason."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


def setting(
    default: Any = dataclasses.MISSING,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    check: Callable[[Any], None] | None = None,
) -> Any:
    """A field of a configuration; without a default the variable must be there.

    `minimum` and `maximum` are allowed themselves. `check` is for what only code can judge of a value that is set: it
    raises ValueError with what goes on after the variable's name, such as "must be host:port".
    """
    return dataclasses.field(default=default, metadata={"minimum": minimum, "maximum": maximum, "check": check})


def check_listen(address: str) -> None:
    """A `check` for where a server listens: host:port, where port 0 takes a free one and no host means all."""
    _, colon, port = address.rpartition(":")
    if not (colon and port.isascii() and port.isdecimal() and int(port) <= _PORT_MAX):
        raise ValueError(f"must be host:port, is {address!r}")


def check_file(path: str) -> None:
    """A `check` for a setting that names a file, or is empty."""
    if path and not Path(path).is_file():
        raise ValueError(f"must be a file that is there, is {path!r}")


def read_config(cls: type[T], prefix: str, environ: Mapping[str, str]) -> T:
    """Read each field of a frozen dataclass from `<prefix>_<FIELD>`.

    Types are str, int, float, bool and Path. Raises ConfigError with all faults: a variable that is
    missing, does not parse, is out of its bounds or fails its check, and one that has the prefix but no field.
    """
    hints = get_type_hints(cls)
    values: dict[str, Any] = {}
    faults: list[str] = []
    known = {f"{prefix}_{field.name.upper()}": field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for variable, field in known.items():
        try:
            if (value := _read(environ.get(variable), field, hints[field.name])) is not dataclasses.MISSING:
                values[field.name] = value
        except ValueError as fault:
            faults.append(f"{variable} {fault}")
    faults += [_unknown(name, known) for name in environ if name.startswith(f"{prefix}_") and name not in known]
    if faults:
        raise ConfigError(faults)
    return cls(**values)


def _read(text: str | None, field: "dataclasses.Field[Any]", kind: type) -> Any:
    if text is None:
        if field.default is dataclasses.MISSING:
            raise ValueError("is not set and has no default")
        return dataclasses.MISSING
    try:
        value = _PARSERS[kind](text)
    except (ValueError, KeyError):
        raise ValueError(f"must be {_NAMES[kind]}, is {text!r}") from None
    _judge(value, field.metadata)
    return value


def _judge(value: Any, rules: Mapping[str, Any]) -> None:
    minimum, maximum, check = rules.get("minimum"), rules.get("maximum"), rules.get("check")
    if minimum is not None and value < minimum:
        raise ValueError(f"must be at least {minimum}, is {value}")
    if maximum is not None and value > maximum:
        raise ValueError(f"must be at most {maximum}, is {value}")
    if check is not None:
        check(value)


def _finite(text: str) -> float:
    if not math.isfinite(number := float(text)):
        raise ValueError("no comparison holds for nan, and nothing ever reaches inf")
    return number


def _unknown(name: str, known: Mapping[str, object]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"{name} is not a setting" + (f"; did you mean {near[0]}?" if near else "")


_PARSERS: dict[type, Callable[[str], Any]] = {
    str: str,
    int: int,
    float: _finite,
    Path: Path,
    bool: lambda text: _TRUTH[text.lower()],
}
_NAMES = {str: "text", int: "a whole number", float: "a number", Path: "a path", bool: "true or false"}
