"""The client's modules as Python text. It reads no descriptor but for the type of a field."""

import builtins
import unicodedata
from collections.abc import Iterable, Iterator, Mapping

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from client.plan import Area, Choice, Field, Message, Method, Module, class_of, is_instant, place_of

_PACKAGE = "bihuan_client"
_WIDTH = 110
_NOTICE = "Made from the contract by `python -m client.generate`; edit the contract instead."
_PLAIN = {
    FieldDescriptor.TYPE_STRING: ("str", '""'),
    FieldDescriptor.TYPE_BYTES: ("bytes", 'b""'),
    FieldDescriptor.TYPE_BOOL: ("bool", "False"),
    FieldDescriptor.TYPE_INT32: ("int", "0"),
    FieldDescriptor.TYPE_INT64: ("int", "0"),
}


def module_text(module: Module) -> str:
    """One file of the contract: its enums, its messages, and its calls twice, blocking and for asyncio."""
    parts = [f'"""{_title_of(module)}.\n\n{_NOTICE}\n"""\n', *_imports(module)]
    parts += [_choice(choice) for choice in module.choices]
    parts += [_message(message) for message in module.messages]
    parts += [_operation(method) for method in module.methods]
    if module.methods:
        parts += [_calls(module, is_async=False), _calls(module, is_async=True)]
    return "\n".join(parts)


def area_text(area: Area) -> str:
    """The package of an area: what its modules have, and their calls in one class, blocking and for asyncio."""
    lines = [f'"""{area.name}: its messages and its calls.\n\n{_NOTICE}\n"""', ""]
    for module in area.modules:
        services = [f"Async{module.service}", module.service] if module.service else []
        told = [f"{name} as {name}" for name in module.names]
        lines += [f"from .{module.place.module} import {', '.join([*services, *told])}"]
    for is_async in (False, True):
        bases = ", ".join(f"{_prefix(is_async)}{module.service}" for module in area.modules if module.service)
        lines += ["", "", f"class {_prefix(is_async)}{_title(area.name)}({bases}):"]
        lines += [f'    """The calls of {area.name}, {_how(is_async)}. Each raises Refused or NoAnswer."""']
    return "\n".join([*lines, ""])


def client_text(areas: Iterable[Area]) -> str:
    """The two clients, with an attribute for each area."""
    calling = [area.name for area in areas if any(module.service for module in area.modules)]
    lines = ['"""The client: one attribute for each area of the contract, which is loaded when it is first used.']
    lines += ["", f'{_NOTICE}\n"""', "", "from __future__ import annotations", "", "from typing import TYPE_CHECKING"]
    lines += ["", "from .transport import AsyncTransport, Transport", "", "if TYPE_CHECKING:"]
    lines += [f"    from .{name} import Async{_title(name)}, {_title(name)}" for name in calling]
    for is_async in (False, True):
        prefix = _prefix(is_async)
        lines += ["", "", f"class {prefix}Client({prefix}Transport):"]
        lines += [
            f'    """One gateway, {_how(is_async)}. Repeats what may be repeated, within each call\'s deadline."""'
        ]
        for name in calling:
            kind = f"{prefix}{_title(name)}"
            lines += ["", "    @property", f"    def {name}(self) -> {kind}:", f'        """The calls of {name}."""']
            lines += [f"        from .{name} import {kind}  # noqa: PLC0415", "", f"        return {kind}(self)"]
    return "\n".join(lines) + "\n"


def events_text(events: Mapping[str, Descriptor]) -> str:
    """Which message each type of event is."""
    kinds = sorted({(place_of(message), class_of(message)) for message in events.values()})
    lines = [f'"""Which message each type of event is.\n\n{_NOTICE}\n"""', "", "from collections.abc import Mapping"]
    lines += ["from typing import TypeAlias", ""]
    lines += [f"from .{place.area}.{place.module} import {kind}" for place, kind in kinds]
    lines += ["", f"Event: TypeAlias = {' | '.join(kind for _, kind in kinds)}", ""]
    lines += ["EVENTS: Mapping[str, type[Event]] = {"]
    lines += [f'    "{name}": {class_of(message)},' for name, message in events.items()]
    return "\n".join([*lines, "}", ""])


def _title_of(module: Module) -> str:
    words = module.place.module.replace("_", " ").strip().capitalize()
    return f"{words}: its messages{' and its calls' if module.methods else ''}"


def _imports(module: Module) -> Iterator[str]:
    if any(hasattr(builtins, one.name) for method in module.methods for one in method.fields):
        yield "# ruff: noqa: A002  # the contract names the fields\n"
    yield "from __future__ import annotations\n"
    if module.methods:
        yield "from collections.abc import AsyncIterator, Iterator"
    yield "from collections.abc import Sequence\nfrom dataclasses import dataclass, field"
    yield "from datetime import datetime\nfrom typing import Literal, TypeAlias\n"
    for place, names in module.imports.items():
        is_beside = place.area == module.place.area
        at = "" if is_beside else "".join(f"{part}." for part in (_PACKAGE, place.area) if part)
        yield f"from {at or '.'}{place.module} import {', '.join(names)}"
    if module.methods:
        yield f"from {_PACKAGE}.calls import Operation\nfrom {_PACKAGE}.content import Content"
        yield f"from {_PACKAGE}.paging import async_pages, pages"
        yield f"from {_PACKAGE}.transport import AsyncCalls, Calls"


def _choice(choice: Choice) -> str:
    lines = [f"{choice.name}: TypeAlias = Literal["]
    for value, comment in choice.values:
        lines += [*_comment(comment), f'    "{value}",']
    return "\n".join([*_comment(choice.comment, ""), *lines, "]", ""])


def _message(message: Message) -> str:
    lines = ["@dataclass(frozen=True, slots=True, kw_only=True)", f"class {message.name}:"]
    lines += _docstring([message.comment], "    ")
    for one in message.fields:
        lines += ["", f"    {one.name}: {_type(one)}{_default(one)}", *_docstring([one.comment], "    ")]
    return "\n".join([*lines, ""])


def _operation(method: Method) -> str:
    operation = method.operation
    told: dict[str, object] = {
        "name": method.name,
        "verb": operation.verb,
        "template": operation.template,
        "body": operation.body,
    }
    optional = {
        "variables": (operation.variables, ()),
        "takes_key": (method.takes_key, False),
        "is_repeatable": (method.is_repeatable, True),
        "mutates": (method.mutates, False),
        "is_upload": (operation.method.client_streaming, False),
    }
    arguments = [f"{name}={value!r}" for name, value in told.items()] + [f"answer={method.answer}"]
    arguments += [f"{name}={value!r}" for name, (value, usual) in optional.items() if value != usual]
    return f"_{method.name.upper()} = Operation({', '.join(arguments)})"


def _calls(module: Module, *, is_async: bool) -> str:
    prefix = _prefix(is_async)
    lines = ["", "", f"class {prefix}{module.service}({prefix}Calls):"]
    lines += _docstring([f"{module.service_comment} {_how(is_async).capitalize()}."], "    ")
    for method in module.methods:
        lines += ["", *_method(method, is_async=is_async)]
        if method.items is not None:
            lines += ["", *_walk(method, method.items, is_async=is_async)]
    return "\n".join([*lines, ""])


def _method(method: Method, *, is_async: bool) -> list[str]:
    is_upload = method.operation.method.client_streaming
    values = ", ".join(f'"{one.name}": {one.name}' for one in method.fields)
    arguments = [f"_{method.name.upper()}", *(["content"] if is_upload else []), f"{{{values}}}"]
    arguments += ["idempotency_key" if method.takes_key else '""', "timeout_seconds"]
    called = f"self._transport.{'upload' if is_upload else 'send'}({', '.join(arguments)})"
    return [
        f"    {'async ' if is_async else ''}def {method.name}({_signature(method)}) -> {method.answer}:",
        *_docstring([method.comment, *_told(method.fields, method)], "        "),
        f"        return {'await ' if is_async else ''}{called}",
    ]


def _walk(method: Method, items: FieldDescriptor, *, is_async: bool) -> list[str]:
    """The method that gives what all pages have."""
    verb, _, noun = method.name.partition("_")
    fields = tuple(one for one in method.fields if one.name != "page_token")
    assert items.message_type is not None, "a list is of messages"
    kind = f"{'Async' if is_async else ''}Iterator[{class_of(items.message_type)}]"
    passed = ", ".join(f"{one.name}={one.name}" for one in fields)
    fetch = f"lambda token: self.{method.name}({passed}, page_token=token, timeout_seconds=timeout_seconds)"
    body = [f"        for page in pages({fetch}):", f"            yield from page.{items.name}"]
    if is_async:
        body = [
            f"        async for page in async_pages({fetch}):",
            f"            for one in page.{items.name}:",
            "                yield one",
        ]
    said = f"What all pages of `{method.name}` have, fetched as it is walked; `timeout_seconds` is of each page."
    return [
        f"    {'async ' if is_async else ''}def {verb}_all_{noun}({_signature(method, fields)}) -> {kind}:",
        *_docstring([said, *_told(fields, None)], "        "),
        *body,
    ]


def _signature(method: Method, fields: tuple[Field, ...] | None = None) -> str:
    """What stands in the path first, by place or name; all else by name."""
    fields = method.fields if fields is None else fields
    in_path = [one for one in fields if one.name in method.operation.variables]
    named = [one for one in fields if one.name not in method.operation.variables]
    parts = ["self", *(["content: Content"] if method.operation.method.client_streaming else [])]
    parts += [f"{one.name}: {_type(one)}" for one in in_path]
    parts += ["*", *(_parameter(one) for one in named)]
    if method.takes_key and fields is method.fields:
        parts.append('idempotency_key: str = ""')
    return ", ".join([*parts, "timeout_seconds: float | None = None"])


def _parameter(one: Field) -> str:
    if one.is_required:
        return f"{one.name}: {_type(one)}"
    kind, default = _type(one), _plain_default(one)
    return f"{one.name}: {kind} = {default}"


def _told(fields: tuple[Field, ...], method: Method | None) -> Iterator[str]:
    """The parameters, each with its comment."""
    if method and method.operation.method.client_streaming:
        yield "content: the bytes, a file's path, or a binary file that is open; read as it is sent."
    for one in fields:
        yield f"{one.name}: {one.comment}"
    if method and method.takes_key:
        yield "idempotency_key: yours, kept with the order; else one is made for this call and kept over its tries."


def _type(one: Field) -> str:
    field = one.descriptor
    if field.enum_type:
        kind = class_of(field.enum_type)
    elif is_instant(field):
        kind = "datetime"
    elif field.message_type:
        kind = class_of(field.message_type)
    else:
        kind = _PLAIN[field.type][0]
    if field.is_repeated:
        return f"Sequence[{kind}]"
    return kind if one.is_required or not field.message_type else f"{kind} | None"


def _plain_default(one: Field) -> str:
    field = one.descriptor
    if field.is_repeated:
        return "()"
    if field.enum_type:
        return f'"{field.enum_type.values_by_number[0].name}"'
    return "None" if field.message_type else _PLAIN[field.type][1]


def _default(one: Field) -> str:
    if not one.is_secret:
        return "" if one.is_required else f" = {_plain_default(one)}"
    # What is sensitive stays out of logs that show a message.
    return " = field(repr=False)" if one.is_required else f" = field(default={_plain_default(one)}, repr=False)"


def _prefix(is_async: bool) -> str:
    return "Async" if is_async else ""


def _how(is_async: bool) -> str:
    return "for asyncio" if is_async else "blocking"


def _title(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("_"))


def _comment(text: str, indent: str = "    ") -> list[str]:
    return [f"{indent}# {line}" for line in _wrapped(text, _WIDTH - len(indent))]


def _docstring(paragraphs: Iterable[str], indent: str) -> list[str]:
    texts = [text.replace("\\", "\\\\").replace('"""', "'''") for text in paragraphs]
    if not texts[0]:
        return []
    wrapped = [line for text in texts[:1] for line in _wrapped(text, _WIDTH - len(indent))]
    if len(texts) > 1:
        wrapped.append("")
    for text in texts[1:]:
        wrapped += _wrapped(text, _WIDTH - len(indent), "  ")
    if len(wrapped) == 1:
        return [f'{indent}"""{wrapped[0]}"""']
    lines = [f'{indent}"""{wrapped[0]}', *((f"{indent}{line}" if line else "") for line in wrapped[1:])]
    return [*lines, f'{indent}"""']


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    """Lines no wider than a width, where a Chinese character is as wide as two letters."""
    lines: list[str] = []
    for word in text.split():
        if lines and _columns(lines[-1]) + 1 + _columns(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(f"{indent if lines else ''}{word}")
    return lines


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text)
