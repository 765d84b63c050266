"""Ports of this machine that are free. For development and tests only: it opens nothing and keeps nothing."""

import contextlib
import secrets
import socket
from pathlib import Path

_FIRST = 10_000
_OUTGOING_FROM = 32_768  # where the system does not say
_TRIES_MAX = 200


def free_ports(count: int) -> list[int]:
    """So many ports of the loopback that nobody listens on, for programs that listen there later, or again.

    They lie below those that the system gives to outgoing connections: one of these could be taken by any of them
    while its program is not up. Raises OSError when so many are not to be found.
    """
    found: list[int] = []
    with contextlib.ExitStack() as held:
        for _ in range(_TRIES_MAX):
            one = held.enter_context(socket.socket())
            # Not by the dice that tests set alike in every process.
            with contextlib.suppress(OSError):
                one.bind(("127.0.0.1", _FIRST + secrets.randbelow(_outgoing_from() - _FIRST)))
                found.append(one.getsockname()[1])
            if len(found) == count:
                return found
    raise OSError(f"{count} free ports were not found in {_TRIES_MAX} tries")


def _outgoing_from() -> int:
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    first = int(told.read_text("ascii").split()[0]) if told.exists() else _OUTGOING_FROM
    return first if first > 2 * _FIRST else _OUTGOING_FROM
