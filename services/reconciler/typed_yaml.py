"""YAML to frozen dataclasses: every fault is named at once, by its key. It knows no key by name and reads no disk."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from difflib import get_close_matches
from enum import EnumType
from types import NoneType, UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import yaml
from yaml.reader import ReaderError

# How a type that is no YAML type is read from text: what people call it, and what reads it or raises ValueError.
Readers = Mapping[Any, tuple[str, Callable[[str], Any]]]
_PLAIN = {str: "a text", int: "a whole number", bool: "true or false", date: "a day such as 2026-03-01"}


def read_yaml(kind: type, text: str, what: str, readers: Readers, *, aliases: bool = True) -> tuple[Any, list[str]]:
    """The dataclass that a text means, and what is wrong with it; one of the two is empty. `what` names the whole.

    Of several dataclasses the node's `kind` tells which one it is. Unless `aliases`,
    no alias is taken: it can make a small text huge.
    """
    try:
        node = yaml.load(text, _Loader if aliases else _LoaderWithoutAliases)  # noqa: S506  # both are SafeLoaders
    except (yaml.YAMLError, RecursionError, ValueError) as fault:
        return None, [_not_yaml(text, fault)]
    builder = _Builder(what, readers)
    made = builder.build(kind, node, "")
    return (None, builder.faults) if builder.faults else (made, [])


class _Loader(yaml.SafeLoader):
    """YAML without a key that silently replaces another."""

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        if odd := [key for key in keys if not isinstance(key, str)]:
            raise yaml.YAMLError(f"a key must be a text, is {odd[0]!r}")
        if twice := sorted({key for key in keys if keys.count(key) > 1}):
            raise yaml.YAMLError(f"the key {twice[0]} is there twice")
        return super().construct_mapping(node, deep)


class _LoaderWithoutAliases(_Loader):
    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases are not taken; write it out")
        return super().compose_node(parent, index)


def _not_yaml(text: str, fault: Exception) -> str:
    """Where the text stops being YAML, and why, in one sentence."""
    if isinstance(fault, yaml.MarkedYAMLError) and (mark := fault.problem_mark or fault.context_mark) is not None:
        return f"line {mark.line + 1}: is not YAML: {fault.problem or fault.context}"
    if isinstance(fault, ReaderError):
        line = text.count("\n", 0, fault.position) + 1
        return f"line {line}: is not YAML: {fault.reason}"
    return f"is not YAML: {' '.join(str(fault).split())[:300]}"


class _Builder:
    """What is wrong goes to `faults`, and nothing of use comes back for it."""

    def __init__(self, what: str, readers: Readers) -> None:
        self.faults: list[str] = []
        self._what = what
        self._readers = readers

    def build(self, kind: Any, node: Any, where: str) -> Any:
        """The value of type `kind` that a node means."""
        if is_dataclass(kind) and isinstance(kind, type) and kind not in self._readers:
            return self._dataclass(kind, node, where)
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is tuple and node and not isinstance(node, list) and arguments[0] is not str:
            node = [node]
        if origin is tuple and isinstance(node, list) and node:
            return tuple(self.build(arguments[0], item, f"{where}[{at}]") for at, item in enumerate(node))
        if origin is dict and isinstance(node, dict) and node and all(isinstance(key, str) for key in node):
            return {key: self.build(arguments[1], item, f"{where}.{key}") for key, item in node.items()}
        if origin is UnionType and len([argument for argument in arguments if is_dataclass(argument)]) > 1:
            return self._one_of(arguments, node, where)
        if origin is UnionType:
            return self.build(next(argument for argument in arguments if argument is not NoneType), node, where)
        return self._scalar(kind, node, where)

    def _one_of(self, classes: tuple[type, ...], node: Any, where: str) -> Any:
        by_kind = {get_args(get_type_hints(one)["kind"])[0]: one for one in classes}
        kind = by_kind.get(str(node.get("kind"))) if isinstance(node, dict) else None
        if kind is None:
            self.faults.append(f"{where}.kind must be one of {', '.join(by_kind)}")
            return None
        return self._dataclass(kind, node, where)

    def _dataclass(self, kind: type, node: Any, where: str) -> Any:
        if not isinstance(node, dict):
            self.faults.append(f"{where or self._what} must be a mapping, is {node!r:.80}")
            return None
        # A key that is a word of Python, such as `in`, has an underscore behind it in the class.
        hints = {name.rstrip("_"): hint for name, hint in get_type_hints(kind).items()}
        known = {field.name.rstrip("_"): field for field in fields(kind)}
        dot = f"{where}." if where else ""
        for key in sorted(node.keys() - known.keys(), key=str):
            near = get_close_matches(str(key), known, n=1)
            self.faults.append(f"unknown key {dot}{key}" + (f", did you mean {near[0]}?" if near else ""))
        before = len(self.faults)
        values = {}
        for name, field in known.items():
            if name in node:
                values[field.name] = self.build(hints[name], node[name], f"{dot}{name}")
            elif field.default is MISSING and field.default_factory is MISSING:
                self.faults.append(f"{dot}{name} is missing")
        return kind(**values) if len(self.faults) == before else None

    def _scalar(self, kind: Any, node: Any, where: str) -> Any:
        if get_origin(kind) is Literal:
            if node in get_args(kind):
                return node
            expected = f"one of {', '.join(get_args(kind))}"
        elif kind in _PLAIN:
            if type(node) is kind:
                return node
            expected = _PLAIN[kind]
        elif isinstance(kind, EnumType):
            values = [member.value for member in kind]  # type: ignore[var-annotated]
            if node in values:
                return kind(node)
            expected = f"one of {', '.join(values)}"
        elif reader := self._readers.get(get_origin(kind) or kind):
            expected, read = reader
            if isinstance(node, str):
                try:
                    return read(node)
                except (ValueError, LookupError, OSError, re.error) as fault:
                    expected = f"{expected} ({fault})"
        else:
            expected = "a list or mapping of texts that is not empty"
        self.faults.append(f"{where} must be {expected}, is {node!r:.80}")
        return None
