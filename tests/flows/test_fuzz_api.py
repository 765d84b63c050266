"""Every operation of our OpenAPI document is fuzzed on the running system: what fits its schema, and what does not."""

import contextlib
import json
import os
import re
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from bihuan_client import Refused

from cli.client import Gateway
from cli.stack import SERVICES
from tests.support.statement_samples import wechat_pay_trade
from tests.support.system import WATER, System, running_system
from tests.support.templates import Templates

# `make fuzz-api` gives more examples to each operation, and another seed to each run.
EXAMPLES = int(os.environ.get("BIHUAN_FUZZ_EXAMPLES", "6"))
SECONDS_MAX = 600 + 30 * EXAMPLES
SEED = os.environ.get("BIHUAN_FUZZ_SEED", "20260301")
ROOT = Path(__file__).parents[2]
# Fuzzing is what a suspension is for, and what limits of calls and shedding are there to slow down.
UNBRAKED = {
    "BIHUAN_GATEWAY_SUSPICION_POINTS_MAX": "0",
    "BIHUAN_GATEWAY_SHED_LATENCY_SECONDS": "60",
    **{f"BIHUAN_GATEWAY_RATE_{kind}_PER_SECOND": "100000" for kind in ("READ", "WRITE", "BULK")},
    **{f"BIHUAN_{service.upper()}_TRACE_SAMPLE_RATIO": "0.01" for service in SERVICES},  # of ten thousand calls
}
ROLES = ["operator", "reviewer", "auditor", "integrator", "admin"]


@pytest.fixture(scope="module")
def unbraked(tmp_path_factory: pytest.TempPathFactory, templates: Templates) -> Iterator[System]:
    with running_system(tmp_path_factory.mktemp("system"), templates, UNBRAKED) as running:
        yield running


@pytest.mark.timeout(SECONDS_MAX + 60)
def test_no_request_breaks_the_system_or_gets_an_answer_that_the_document_does_not_promise(unbraked, tmp_path):
    url = unbraked.stack.addresses.gateway_url
    made = unbraked.gateway.post("/v1/apiKeys", {"displayName": "fuzz", "roles": ROLES})
    with contextlib.closing(Gateway(url, made["token"])) as gateway:
        _fill(gateway)
        _wait_for_invoice(gateway)
        known = _ids(gateway, httpx.get(f"{url}/openapi.json", trust_env=False).json())

    (tmp_path / "ids.json").write_text(json.dumps(known), "utf-8")
    (tmp_path / "schemathesis.toml").write_text(_settings(known), "utf-8")
    ran = subprocess.run(
        [
            *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()", "run"),
            *(f"{url}/openapi.json", "--header", f"Authorization: Bearer {made['token']}"),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES), "--seed", SEED),
            *("--generation-database", "none", "--continue-on-failure", "--no-color", "--no-shrink"),
            *("--request-timeout", "30"),
        ],
        check=False,
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}",
            "SCHEMATHESIS_HOOKS": "tests.support.fuzz_hooks",
            "BIHUAN_FUZZ_IDS": str(tmp_path / "ids.json"),
        },
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
    )

    Path(os.environ.get("BIHUAN_FUZZ_REPORT", tmp_path / "report.txt")).write_text(ran.stdout, "utf-8")
    assert ran.returncode == 0, ran.stdout[-12_000:] + ran.stderr[-2_000:]
    assert int(re.search(r"Tested: ([0-9]+)", ran.stdout)[1]) > 70
    assert unbraked.stack.dead() == []
    assert _unhandled(Path(unbraked.stack.addresses.logs_folder)) == []


def _fill(gateway: Gateway) -> None:
    """Something of each kind, so that not every id is one that nobody has."""
    gateway.put("/v1/merchants/city-water/profile", WATER)
    amount = {"currencyCode": "CNY", "amountMinor": "12800"}
    bill = {"merchantId": "city-water", "billNo": "W-1", "category": "CATEGORY_WATER", "amount": amount}
    gateway.post("/v1/bills", {"bill": bill | {"payerAccount": "62220201"}})
    payment = {
        "merchantId": "city-water",
        "merchantOrderNo": "W-1",
        "channel": "wechat_pay",
        "channelTxnNo": "4200001",
        "amount": amount,
        "payTime": datetime(2026, 3, 1, 4, tzinfo=UTC).isoformat(),
    }
    paid = gateway.post("/v1/payments", payment)["payment"]
    gateway.post("/v1/payments", payment | {"merchantOrderNo": "W-2", "channelTxnNo": "4200002", "billNo": "W-1"})
    gateway.post("/v1/splitOrders", {
        "merchantId": "city-water",
        "splitOrderNo": "S-1",
        "total": amount | {"amountMinor": "2"},
        "parts": [{"merchantOrderNo": f"S-1-{n}", "amount": amount | {"amountMinor": "1"}} for n in (1, 2)],
    })  # fmt: skip
    taken = {"paymentId": paid["paymentId"], "amount": amount | {"amountMinor": "10"}}
    took = {"channelTakebackNo": "T-1", "takeTime": datetime(2026, 3, 2, tzinfo=UTC).isoformat()}
    gateway.post("/v1/chargebacks", taken | took)
    gave = {"merchantRefundNo": "R-1", "finishTime": datetime(2026, 3, 2, tzinfo=UTC).isoformat()}
    gateway.post("/v1/refunds:record", taken | gave)
    gateway.upload("/v1/statements:ingest", wechat_pay_trade(), fileName="a.csv")
    gateway.post("/v1/runs", {"channel": "wechat_pay", "businessDate": date(2026, 3, 1).isoformat()})


def _ids(gateway: Gateway, document: dict[str, Any]) -> dict[str, list[str]]:
    """What the lists of the system show, by the name under which a request would name it."""
    known: dict[str, set[str]] = defaultdict(set)
    for path, verbs in document["paths"].items():
        if "get" in verbs and "{" not in path:
            with contextlib.suppress(Refused):  # some want a filter
                for name, value in _texts(gateway.get(path)):
                    if re.search("(Id|No|reference)$", name) and value:
                        known[name].add(value)
    return {name: sorted(values) for name, values in known.items()}


def _wait_for_invoice(gateway: Gateway) -> None:
    deadline = time.monotonic() + 60
    while not gateway.get("/v1/invoices").get("invoices"):
        assert time.monotonic() < deadline, "no invoice was made of the payment"
        time.sleep(0.05)


def _texts(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for inner, part in value.items():
            yield from _texts(part, inner)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part, name)
    elif isinstance(value, str):
        yield name, value


def _settings(known: dict[str, list[str]]) -> str:
    """What schemathesis reads of its file: half of the ids in a URL are of something that is there."""
    # 304 and 412 are what a condition asks for; 413 is what is said of a body before it is read.
    lines = ["[checks.positive_data_acceptance]"]
    lines.append('expected-statuses = ["2xx", "304", "401", "403", "404", "409", "412"]')
    refused = ["400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx"]
    lines += ["[checks.negative_data_rejection]", f"expected-statuses = {json.dumps(refused)}"]
    for name, values in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {json.dumps(values[:20], ensure_ascii=False)}"]
    lines.append("[parameters]")
    for name in known:
        for public in {name, re.sub("([A-Z])", lambda found: "_" + found[1].lower(), name)}:
            lines.append(f'{public} = {{ dictionary = "{name}", probability = 0.5 }}')
    return "\n".join(lines)


def _unhandled(folder: Path) -> list[str]:
    """What a service told of a fault that is its own."""
    return [line for log in folder.glob("*.log") for line in log.read_text("utf-8").splitlines() if "unhandled" in line]
