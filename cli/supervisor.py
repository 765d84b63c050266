"""The process behind `bihuan up`: it holds the stack, and ends it all when it is told to or when a part has died."""

import contextlib
import os
import sys
import time
from pathlib import Path

from cli import addresses, stack
from cli.stopping import stop_in_order

_LOOK_SECONDS = 1.0


def main(folder: Path) -> int:
    """Hold the stack in `folder` until SIGTERM or SIGINT, also while it starts; 1 when a service died by itself."""
    stop_in_order()
    pid_file, stack_file = folder / "supervisor.pid", folder / "stack.json"
    pid_file.write_text(str(os.getpid()), "ascii")
    settings = {name: value for name, value in os.environ.items() if name.startswith("BIHUAN_")}
    with contextlib.ExitStack() as last:
        last.callback(pid_file.unlink, missing_ok=True)
        last.callback(stack_file.unlink, missing_ok=True)
        with stack.running_stack(folder, settings) as running:
            addresses.save(running.addresses, stack_file)
            while not (dead := running.dead()):
                time.sleep(_LOOK_SECONDS)
            print(f"ended by itself: {', '.join(dead)}; stopping the rest", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
