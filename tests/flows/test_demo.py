"""`make demo`: it ends well, what it prints adds up, and nothing is left running."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import psutil
import pytest

from demo.__main__ import BUSINESS_DATE
from demo.day import EXPECTED_CLASS, Disturbance, generate_day, planted_counts

ROOT = Path(__file__).parents[2]
_MARK = "A_DEMO_OF"  # in the environment of a demo and of all that it starts
ROWS = 60  # lines of each channel: as many as give every disturbance and every fault its turn


def _play(tmp_path: Path, *arguments: str, mark: str = "") -> tuple[subprocess.CompletedProcess[str], dict]:
    report = tmp_path / "report.json"
    done = subprocess.run(
        [sys.executable, "-m", "demo", "--report", report, *arguments],
        cwd=ROOT,
        env={**os.environ, _MARK: mark},
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )
    assert report.exists(), done.stdout + done.stderr
    return done, json.loads(report.read_text("utf-8"))


@pytest.mark.timeout(300)
def test_a_made_up_day_adds_up_and_leaves_nothing_behind(tmp_path):
    day = generate_day(7, BUSINESS_DATE, ROWS)
    mark = uuid.uuid4().hex

    done, report = _play(tmp_path, "--seed", "7", "--rows", str(ROWS), mark=mark)

    assert done.returncode == 0, done.stdout + done.stderr
    assert report["adds_up"] is True
    assert len(report["checks"]) > 15
    # Told from the plan alone, not from the report's own sums.
    per_channel = planted_counts(ROWS)
    assert report["payments"] == len(day.payments)
    assert report["payments_minor"] == sum(payment.amount.amount_minor for payment in day.payments)
    assert report["lines"] == 2 * ROWS
    assert report["found"] == {EXPECTED_CLASS[kind]: 2 * count for kind, count in per_channel.items()}
    lines_without_match = sum(2 * per_channel[kind] for kind in _WITH_A_LINE)
    assert report["matched"] == 2 * ROWS - lines_without_match
    assert report["faults_shown"]["DROP_AFTER_COMMIT"] > 0
    assert report["faults_shown"]["ACK_WITHOUT_BOOKING"] > 0
    assert report["invoices"] == {"BOOKED": report["booked"], "REJECTED": report["faults_shown"]["REJECT_BUSINESS"]}
    assert "IN_SYSTEM" in done.stdout
    assert "gateway: POST /v1/payments" in done.stdout
    assert "reconciler: match_payment" in done.stdout
    assert "tax_sandbox: book_invoice" in done.stdout
    assert _processes_of(mark) == []


@pytest.mark.timeout(300)
def test_a_real_wechat_pay_bill_adds_up(tmp_path, fixtures):
    bill = fixtures / "statements/cn/wechat_trade_all_bom.csv"

    done, report = _play(tmp_path, "--statement", str(bill))

    assert done.returncode == 0, done.stdout + done.stderr
    assert report["adds_up"] is True
    assert (report["lines"], report["lines_minor"]) == (45, 33)
    assert report["found"]["REFUND_CHANNEL_ONLY"] == 14
    assert report["found"]["CHANNEL_ONLY"] == 1


def test_a_file_that_is_no_statement_stops_the_demo_with_the_reason(tmp_path):
    file = tmp_path / "notes.csv"
    file.write_text("hello,world\n", "utf-8")

    done = subprocess.run(
        [sys.executable, "-m", "demo", "--statement", file],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )

    assert done.returncode == 1
    assert "E-PROFILE-NONE" in done.stdout


@pytest.mark.timeout(300)
def test_ctrl_c_in_the_middle_stops_all_that_was_started(request):
    mark = uuid.uuid4().hex
    place = Path(tempfile.mkdtemp(prefix="c-", dir="/tmp"))  # short: a socket's path may have about 100 characters
    request.addfinalizer(lambda: shutil.rmtree(place))
    environ = {**os.environ, "TMPDIR": str(place), _MARK: mark}
    demo = subprocess.Popen([sys.executable, "-m", "demo"], cwd=ROOT, env=environ, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 100
    while not list(place.glob("bihuan-demo-*/logs/gateway.log")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert len(_processes_of(mark)) > 1

    demo.send_signal(signal.SIGINT)
    status = demo.wait(100)

    assert status in (130, -signal.SIGINT)
    assert _processes_of(mark) == []
    assert list(place.glob("bihuan-demo-*")) == []


# A disturbance of these kinds has one line in the statement that matches nothing.
_WITH_A_LINE = (
    Disturbance.MISSING_ON_PLATFORM,
    Disturbance.AMOUNT_CHANNEL_OVER,
    Disturbance.AMOUNT_CHANNEL_SHORT,
    Disturbance.PAID_TWICE,
    Disturbance.REFUNDED,
)


def _processes_of(mark: str) -> list[str]:
    """What a demo started and what that started, whoever its parent is by now."""
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if process.environ().get(_MARK) == mark:
                found.append(" ".join(process.cmdline()))
    return found
