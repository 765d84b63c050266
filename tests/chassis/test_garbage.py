"""The cycle collector of a process that makes many objects at once."""

import subprocess
import sys


def test_the_collector_stays_on_but_runs_seldom():
    asked = "import gc; from chassis.garbage import collect_seldom; collect_seldom()\n"
    asked += "print(gc.isenabled(), gc.get_threshold()[0] >= 10_000, gc.get_freeze_count() > 0)"

    told = subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True, timeout=30)

    assert told.stdout.split() == ["True", "True", "True"]
