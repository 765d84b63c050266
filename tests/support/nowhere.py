"""An address where nobody listens, and where nobody else can begin to."""

import contextlib
import socket
from collections.abc import Iterator


@contextlib.contextmanager
def nowhere() -> Iterator[int]:
    """A port of the loopback that refuses every connection while the block lasts."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
