"""How a process that holds others is told to stop: SIGINT and SIGTERM end it in order, and neither gets lost."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

_AGAIN_SECONDS = 0.05
_SIGNAL_OF: dict[type[BaseException], signal.Signals] = {
    KeyboardInterrupt: signal.SIGINT,
    SystemExit: signal.SIGTERM,
}


def stop_in_order() -> None:
    """Let SIGINT raise KeyboardInterrupt, also where a shell switched it off, and SIGTERM raise SystemExit(143).

    A signal that arrives while Python runs a destructor or a weak reference's callback raises there, where exceptions
    are ignored (`sys.unraisablehook`); it is then sent again, a moment later.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    before = sys.unraisablehook

    def again(ignored: Any) -> None:
        if number := _SIGNAL_OF.get(ignored.exc_type):
            threading.Timer(_AGAIN_SECONDS, os.kill, (os.getpid(), number)).start()
        else:
            before(ignored)

    sys.unraisablehook = again


@contextlib.contextmanager
def uninterrupted() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back while the block lasts; they arrive at its end.

    For what must not be left half done, such as a process that is started but not yet written down as ours.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals only ever reach the main thread
        return
    held: list[int] = []
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {each: signal.signal(each, lambda number, _: held.append(number)) for each in numbers}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_DFL if handler is None else handler)
        for number in held:
            os.kill(os.getpid(), number)
