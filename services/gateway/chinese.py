"""The document's words in Chinese, beside the English ones as `x-description-zh`. It changes nothing else of it."""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

WORD = "x-description-zh"
_HUMP = re.compile(r"(?<=[a-z0-9])([A-Z])")


@functools.cache
def words() -> Mapping[str, Mapping[str, str]]:
    """What stands in chinese.toml: services, methods and reasons by name, fields by theirs."""
    text = importlib.resources.files("services.gateway").joinpath("chinese.toml").read_text("utf-8")
    return tomllib.loads(text)


def add_to(document: dict[str, Any]) -> None:
    """Put the Chinese beside the English, wherever there is some."""
    known = words()
    for tag in document["tags"]:
        _put(tag, known["services"].get(tag["name"]))
    for operation in _operations(document):
        _put(operation, known["methods"].get(operation["operationId"].partition("_")[2]))
        for parameter in operation["parameters"]:
            _put_field(parameter, parameter.get("name", ""))
    for schema in document["components"]["schemas"].values():
        for name, field in schema.get("properties", {}).items():
            _put_field(field, name)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for verbs in document["paths"].values():
        yield from verbs.values()


def _put_field(written: dict[str, Any], public_name: str) -> None:
    name = _HUMP.sub(lambda found: f"_{found[1]}", public_name).lower()
    _put(written, words()["fields"].get(name))


def _put(written: dict[str, Any], chinese: str | None) -> None:
    if chinese:
        written[WORD] = chinese
