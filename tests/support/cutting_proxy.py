"""A proxy on a real socket that loses answers: the call is done behind it, and its connection is cut instead."""

import contextlib
import re
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_KEY = re.compile(rb"^idempotency-key: *(\S+)", re.IGNORECASE | re.MULTILINE)
_READ_BYTES = 64 * 1024
_SECONDS = 30


@dataclass
class CuttingProxy:
    """Passes calls on to a gateway. `lose(n)` loses the next n answers; `keys` has the key of each call."""

    target: tuple[str, int]
    url: str = ""
    keys: list[str] = field(default_factory=list)
    _to_lose: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lose(self, count: int) -> None:
        with self._lock:
            self._to_lose = count

    def _is_lost(self) -> bool:
        with self._lock:
            self._to_lose -= 1
            return self._to_lose >= 0

    def pass_on(self, caller: socket.socket) -> None:
        """One connection: what comes is passed on, and what is answered is passed back or lost."""
        with caller, socket.create_connection(self.target, timeout=_SECONDS) as gateway:
            forth = threading.Thread(target=self._forth, args=(caller, gateway))
            forth.start()
            with contextlib.suppress(OSError):
                while answered := gateway.recv(_READ_BYTES):
                    if self._is_lost():
                        break
                    caller.sendall(answered)
            for end in (caller, gateway):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
            forth.join()

    def _forth(self, caller: socket.socket, gateway: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while asked := caller.recv(_READ_BYTES):
                self.keys += [key.decode() for key in _KEY.findall(asked)]
                gateway.sendall(asked)
            gateway.shutdown(socket.SHUT_RDWR)  # the caller has gone, so no answer is waited for


@contextlib.contextmanager
def cutting_proxy(url: str) -> Iterator[CuttingProxy]:
    """A proxy before the gateway at a URL."""
    where = urlsplit(url)
    assert where.hostname, "a gateway has an address"
    assert where.port, "a gateway has a port"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        proxy = CuttingProxy((where.hostname, where.port), f"http://127.0.0.1:{listener.getsockname()[1]}")
        served: list[threading.Thread] = []

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    caller, _ = listener.accept()
                    caller.settimeout(_SECONDS)
                    served.append(threading.Thread(target=proxy.pass_on, args=(caller,)))
                    served[-1].start()

        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield proxy
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *served):
                thread.join(_SECONDS)
