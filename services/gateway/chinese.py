"""The document's words in Chinese, beside the English ones as `x-description-zh`. It changes nothing else of it.

They stand in chinese.toml and chinese_types.toml; a value of an enum may have its word in the contract's own comment.
"""

import functools
import importlib.resources
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from google.protobuf.descriptor import EnumDescriptor

WORD: Final = "x-description-zh"
_OURS: Final = "bihuan."
_HAN: Final = r"[\u4e00-\u9fff][\u4e00-\u9fff·/()（）、，]*"
# "Water. 水费" and "尾差: same key …".
_IN_COMMENT: Final = re.compile(rf"^({_HAN}): |\. ({_HAN})$")
_CALLED: Final = {"Request": "请求", "Response": "应答"}


@functools.cache
def words() -> Mapping[str, Mapping[str, str]]:
    """What stands in chinese.toml: services, methods, events and reasons by name, fields and headers by theirs."""
    return _read("chinese.toml")


@functools.cache
def types() -> Mapping[str, Mapping[str, Any]]:
    """What stands in chinese_types.toml: messages, enums and their values, by name without `bihuan.`."""
    return _read("chinese_types.toml")


def add_to(document: dict[str, Any]) -> None:
    """Put the Chinese of services, methods, events, parameters and headers beside the English."""
    known = words()
    for tag in document["tags"]:
        tag.update(_told(known["services"].get(tag["name"], "")))
    for operation in _operations(document):
        operation.update(_told(known["methods"].get(operation["operationId"].partition("_")[2], "")))
    for event_type, sent in document["webhooks"].items():
        sent["post"].update(_told(known["events"].get(event_type, "")))
    parts = document["components"]
    headers = [(one["name"], one) for one in parts["parameters"].values()]
    for name, written in [*headers, *((_dashed(name), one) for name, one in parts["headers"].items())]:
        written.update(_told(known["headers"].get(name.lower(), "")))
    for name, field in parts["schemas"]["Problem"]["properties"].items():
        field.update(_told(known["problem"].get(name, "")))


def of_field(name: str) -> dict[str, str]:
    """What a field's schema says in Chinese, by its name in the contract."""
    return _told(words()["fields"].get(name, ""))


def of_message(full_name: str) -> dict[str, str]:
    """What a message's schema says in Chinese: its own words, or those of the method that it is a request of."""
    own = types()["messages"].get(full_name.removeprefix(_OURS), "")
    if own:
        return _told(own)
    name = full_name.rpartition(".")[2]
    for ending, called in _CALLED.items():
        method = words()["methods"].get(name.removesuffix(ending), "") if name.endswith(ending) else ""
        if method:
            return _told(f"{called}：{method}")
    return {}


def of_enum(enum: EnumDescriptor, comments: Mapping[str, str], prefix: str = "") -> dict[str, str]:
    """What an enum's schema says in Chinese: what it is, and each of its values; `prefix` is left off."""
    head = types()["enums"].get(enum.full_name.removeprefix(_OURS), "")
    lines = [
        f"- `{value.name.removeprefix(prefix)}`：{of_value(enum, value.name, comments, prefix)}"
        for value in enum.values
    ]
    return _told("\n".join([head, "", *lines]) if head else "")


def of_value(enum: EnumDescriptor, name: str, comments: Mapping[str, str], prefix: str = "") -> str:
    """A value's words in Chinese; empty when there are none."""
    own = types()["values"].get(enum.full_name.removeprefix(_OURS), {}).get(name, "")
    reason = words()["reasons"].get(name.removeprefix(prefix), "") if prefix else ""
    comment = comments.get(f"{enum.full_name}.{name}", "")
    found = _IN_COMMENT.search(comment)
    in_comment = (found[1] or found[2]) if found else ""
    return str(own or reason or types()["sentences"].get(comment, "") or in_comment)


def _operations(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for verbs in document["paths"].values():
        yield from verbs.values()


def _told(chinese: str) -> dict[str, str]:
    return {WORD: chinese} if chinese else {}


def _dashed(name: str) -> str:
    """TraceId as the header is written: trace-id."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "-", name).lower()


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads(importlib.resources.files("services.gateway").joinpath(name).read_text("utf-8"))
