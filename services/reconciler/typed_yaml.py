"""YAML to frozen dataclasses: every fault is named at once, by its key. It knows no key by name and reads no disk."""

import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date
from difflib import get_close_matches
from enum import EnumType, StrEnum
from types import NoneType, UnionType
from typing import Any, Literal, Self, get_args, get_origin, get_type_hints

import yaml
from yaml.reader import ReaderError

# How a type that is no YAML type is read from text: what people call it, and what reads it or raises ValueError.
Readers = Mapping[Any, tuple[str, Callable[[str], Any]]]
_PLAIN = {str: "a text", int: "a whole number", bool: "true or false", date: "a day such as 2026-03-01"}


class Wrong(StrEnum):
    """The kinds of faults: not YAML (why), a key that nothing knows (the nearest), one that is missing, a value that
    is none of what may stand there (what may, what does)."""

    NOT_YAML = "NOT_YAML"
    UNKNOWN_KEY = "UNKNOWN_KEY"
    MISSING = "MISSING"
    VALUE = "VALUE"


class YamlFault(str):
    """A fault as a sentence, with what it was made of, for whoever has to say it in other words."""

    wrong: Wrong
    where: str  # the key, with those above it; "" for the whole
    values: tuple[str, ...]

    @classmethod
    def of(cls, wrong: Wrong, where: str, sentence: str, *values: str) -> Self:
        """The fault that a sentence tells."""
        made = cls(sentence)
        made.wrong, made.where, made.values = wrong, where, values
        return made


def read_yaml(
    kind: type, text: str, what: str, readers: Readers, *, aliases: bool = True
) -> tuple[Any, list[YamlFault]]:
    """The dataclass that a text means, and what is wrong with it; one of the two is empty. `what` names the whole.

    Of several dataclasses the node's `kind` tells which one it is. Unless `aliases`,
    no alias is taken: it can make a small text huge.
    """
    try:
        node = yaml.load(text, _Loader if aliases else _LoaderWithoutAliases)  # noqa: S506  # both are SafeLoaders
    except (yaml.YAMLError, RecursionError, ValueError) as fault:
        why = _not_yaml(text, fault)
        return None, [YamlFault.of(Wrong.NOT_YAML, "", why, why)]
    builder = _Builder(what, readers)
    made = builder.build(kind, node, "")
    return (None, builder.faults) if builder.faults else (made, [])


def yaml_nodes(text: str, key: str) -> list[Any]:
    """What stands in the list under a key of the whole, as YAML has it; [] without one. Raises ValueError."""
    try:
        node = yaml.load(text, _LoaderWithoutAliases)  # noqa: S506  # it is a SafeLoader
    except (yaml.YAMLError, RecursionError) as fault:
        raise ValueError("is not YAML") from fault
    found = node.get(key) if isinstance(node, dict) else None
    return found if isinstance(found, list) else []


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
        self.faults: list[YamlFault] = []
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
            self._wrong_value(f"{where}.kind", f"one of {', '.join(by_kind)}", node)
            return None
        return self._dataclass(kind, node, where)

    def _dataclass(self, kind: type, node: Any, where: str) -> Any:
        if not isinstance(node, dict):
            self._wrong_value(where or self._what, "a mapping", node)
            return None
        # A key that is a word of Python, such as `in`, has an underscore behind it in the class.
        hints = {name.rstrip("_"): hint for name, hint in get_type_hints(kind).items()}
        known = {field.name.rstrip("_"): field for field in fields(kind)}
        dot = f"{where}." if where else ""
        for key in sorted(node.keys() - known.keys(), key=str):
            near = get_close_matches(str(key), known, n=1)
            sentence = f"unknown key {dot}{key}" + (f", did you mean {near[0]}?" if near else "")
            self.faults.append(YamlFault.of(Wrong.UNKNOWN_KEY, f"{dot}{key}", sentence, *near))
        before = len(self.faults)
        values = {}
        for name, field in known.items():
            if name in node:
                values[field.name] = self.build(hints[name], node[name], f"{dot}{name}")
            elif field.default is MISSING and field.default_factory is MISSING:
                self.faults.append(YamlFault.of(Wrong.MISSING, f"{dot}{name}", f"{dot}{name} is missing"))
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
        self._wrong_value(where, expected, node)
        return None

    def _wrong_value(self, where: str, expected: str, node: Any) -> None:
        sentence = f"{where} must be {expected}, is {node!r:.80}"
        self.faults.append(YamlFault.of(Wrong.VALUE, where, sentence, expected, f"{node!r:.80}"))
