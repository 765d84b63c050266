"""A signal is never lost, wherever it arrives."""

import signal
import subprocess
import sys

import pytest

_IN_A_DESTRUCTOR = """
import os, sys, time
from cli.stopping import stop_in_order

class Unlucky:
    def __del__(self):
        os.kill(os.getpid(), int(sys.argv[1]))
        time.sleep(0.01)

stop_in_order()
one = Unlucky()
del one
time.sleep(20)
print("went on")
"""


_IN_WHAT_MUST_END = """
import os, sys
from cli.stopping import stop_in_order, uninterrupted

stop_in_order()
with uninterrupted():
    os.kill(os.getpid(), int(sys.argv[1]))
    print("ended", flush=True)
print("went on")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_what_must_not_be_left_half_done_ends_before_the_signal_arrives(number: int):
    command = [sys.executable, "-c", _IN_WHAT_MUST_END, str(int(number))]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode != 0
    assert done.stdout == "ended\n"


@pytest.mark.parametrize(
    ("number", "status"), [(signal.SIGINT, (130, -signal.SIGINT)), (signal.SIGTERM, (128 + signal.SIGTERM,))]
)
def test_a_signal_that_arrives_in_a_destructor_still_stops_the_process(number: int, status: tuple[int, ...]):
    done = subprocess.run(
        [sys.executable, "-c", _IN_A_DESTRUCTOR, str(int(number))],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode in status
    assert "went on" not in done.stdout
