"""How a process that holds others is told to stop: SIGINT and SIGTERM end it in order, and neither gets lost."""

import os
import signal
import sys
import threading
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
