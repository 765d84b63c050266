"""A trace as plain data, so that a test can say what it expects of it."""

from collections.abc import Iterable

from cli.spans import SpanNode

Tree = tuple[str, "list[Tree]"]


def shape(nodes: Iterable[SpanNode]) -> list[Tree]:
    """("service: name", children), twins folded into one: how often it looked does not matter, that it did does."""
    folded: dict[str, list[SpanNode]] = {}
    for node in nodes:
        folded.setdefault(f"{node.span.service}: {node.span.name}", []).append(node)
    return sorted((name, shape(child for twin in twins for child in twin.children)) for name, twins in folded.items())
