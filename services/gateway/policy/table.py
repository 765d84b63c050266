"""Asks the compiled policy: may this caller call this method, and what is hidden from it. It reads no policy text.

What stands in no row is refused: a method that came without an option, a role that nobody wrote down.
"""

import functools
import importlib.resources
import json
from collections.abc import Mapping
from dataclasses import dataclass

from bihuan.options.v1 import sensitivity_pb2

from services.gateway.domain.caller import Caller

FILE = "table.json"
_NOTHING: frozenset[str] = frozenset()
KINDS = {
    f"SEE_{name.removeprefix('SENSITIVITY_')}": kind
    for name, kind in sensitivity_pb2.Sensitivity.items()
    if kind != sensitivity_pb2.SENSITIVITY_UNSPECIFIED
}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """By role: the full names of the methods that it may call, and the kinds of secret that it sees unmasked."""

    methods: Mapping[str, frozenset[str]]
    sights: Mapping[str, frozenset[str]]

    def permits(self, caller: Caller, method: str) -> bool:
        """Whether one of the caller's roles may call a method; whose data it is about is looked at elsewhere."""
        return _permits(self, caller.roles, method)

    def hidden_from(self, caller: Caller) -> frozenset[int]:
        """The kinds of secret that are masked for a caller."""
        return frozenset() if caller.sees_unmasked else _hidden_from(self, caller.roles)


@functools.lru_cache(16_384)
def _permits(table: Table, roles: frozenset[str], method: str) -> bool:
    return any(method in table.methods.get(role, _NOTHING) for role in roles)


@functools.lru_cache(1_024)
def _hidden_from(table: Table, roles: frozenset[str]) -> frozenset[int]:
    seen = {sight for role in roles for sight in table.sights.get(role, _NOTHING)}
    return frozenset(kind for sight, kind in KINDS.items() if sight not in seen)


def load() -> Table:
    """The committed table."""
    content = json.loads(importlib.resources.files(__package__).joinpath(FILE).read_text("utf-8"))
    return Table(_sets(content["methods"]), _sets(content["sights"]))


def _sets(rows: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    return {role: frozenset(names) for role, names in rows.items()}
