"""A rule set that a second person activated by its report holds large suggestions until two people have confirmed."""

import contextlib
import json
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from chassis.money import Money
from cli import client, show
from cli.client import Gateway
from cli.main import app
from demo import wechat_pay_bill
from demo.plan import BillRow
from services.reconciler.rules.rule_files import DEFAULT
from tests.support.eventually import eventually
from tests.support.system import System

DAY = date(2026, 3, 4)
PAID_AT = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
LARGE, SMALL = 5_000_00, 49_99
# What the channel told with one digit wrong: the rules may only suggest that it is the same money.
TOLD = {"HOLD-1": "4200001234202603049876543218", "HOLD-2": "4200001234202603041111111118"}
OURS = {order: f"{number[:-1]}0" for order, number in TOLD.items()}

As = Callable[..., Result]


@pytest.fixture
def people(system: System) -> Iterator[dict[str, Gateway]]:
    """Who makes rules, and two who check; each calls by a key of their own."""
    url = system.stack.addresses.gateway_url
    made = {
        name: system.gateway.post("/v1/apiKeys", {"displayName": name, "roles": ["reviewer"]})["token"]
        for name in ("li.na", "wang.wei")
    }
    with contextlib.ExitStack() as opened:
        theirs = {name: opened.enter_context(contextlib.closing(Gateway(url, token))) for name, token in made.items()}
        yield {"admin": system.gateway, **theirs}


@pytest.fixture
def bihuan(people: dict[str, Gateway], monkeypatch: pytest.MonkeyPatch) -> As:
    """Run a command as somebody."""
    monkeypatch.setattr(show.console, "_width", 250)

    def run(who: str, *arguments: str) -> Result:
        monkeypatch.setattr(client, "connect", lambda: people[who])
        return CliRunner().invoke(app, list(arguments))

    return run


def ok(done: Result) -> str:
    assert done.exit_code == 0, done.output
    return done.output


def activate(bihuan: As, folder: Path) -> None:
    """Version 2: two people from 50.00 on. The one who made it may not activate it."""
    text = DEFAULT.read_text("utf-8").replace("version: 1\n", "version: 2\n", 1).replace("2000-01-01", "2026-03-01", 1)
    rules = folder / "rules.yaml"
    rules.write_text(f"{text}\nsecond_confirmation: {{basis: amount, minor: 5000}}\n", "utf-8")
    ok(bihuan("admin", "rules", "create", str(rules)))
    told = ok(bihuan("admin", "rules", "regress", "default", "2"))
    report = next(line.removeprefix("report ").strip() for line in told.splitlines() if line.startswith("report "))
    by_maker = bihuan("admin", "rules", "activate", "default", "2", "--regression", report)
    assert by_maker.exit_code != 0
    assert "ACTIVE" in ok(bihuan("wang.wei", "rules", "activate", "default", "2", "--regression", report))


def pay(system: System, order: str, minor: int) -> str:
    body = {
        "merchantId": "city-water",
        "merchantOrderNo": order,
        "channel": "wechat_pay",
        "channelTxnNo": OURS[order],
        "amount": {"currencyCode": "CNY", "amountMinor": str(minor)},
        "payTime": PAID_AT.isoformat(),
        "payerName": "张小明",
    }
    return str(system.gateway.post("/v1/payments", body)["payment"]["paymentId"])


def bill(folder: Path, amounts: dict[str, int]) -> Path:
    rows = [
        BillRow(TOLD[order], order, Money("CNY", minor), PAID_AT, book_time=PAID_AT, subject="水费", payer="oAbc")
        for order, minor in amounts.items()
    ]
    path = folder / "bill.csv"
    path.write_bytes(wechat_pay_bill.write(rows))
    return path


def reconciled(system: System, payment_id: str) -> str:
    return str(system.gateway.get(f"/v1/payments/{payment_id}")["payment"]["reconciliationState"])


def confirm_by_rpc(gateway: Gateway, suggestion_id: str) -> dict[str, str]:
    (result,) = gateway.post("/v1/suggestions:confirm", {"suggestionIds": [suggestion_id], "note": "seen"})["results"]
    return dict(result)


@pytest.mark.timeout(300)
async def test_what_the_rules_suggest_above_the_threshold_is_posted_once_two_people_have_confirmed_it(
    system: System, people: dict[str, Gateway], bihuan: As, tmp_path: Path
):
    activate(bihuan, tmp_path)
    amounts = {"HOLD-1": LARGE, "HOLD-2": SMALL}
    large, small = (pay(system, order, minor) for order, minor in amounts.items())
    ok(bihuan("admin", "statement", "ingest", str(bill(tmp_path, amounts))))

    run = ok(bihuan("admin", "reconcile", "wechat_pay", DAY.isoformat()))
    waiting = people["admin"].get("/v1/suggestions", channel="wechat_pay")["suggestions"]
    suggested = {one["paymentIds"][0]: one for one in waiting}

    assert "default v2" in run
    assert {one["ruleId"] for one in waiting} == {"order_txn_damaged"}
    assert (suggested[large]["peopleNeeded"], suggested[small]["peopleNeeded"]) == (2, 1)
    assert {reconciled(system, payment_id) for payment_id in (large, small)} == {"RECONCILIATION_STATE_PENDING"}

    # One is enough for the small one; the large one is held after the first, whoever asks again in whatever way.
    both = [suggested[payment_id]["suggestionId"] for payment_id in (large, small)]
    first = ok(bihuan("li.na", "suggestions", "confirm", *both, "--note", "a digit was mistyped"))
    by_command = bihuan("li.na", "suggestions", "confirm", both[0])
    by_call = confirm_by_rpc(people["li.na"], both[0])
    await eventually(lambda: reconciled(system, small) == "RECONCILIATION_STATE_MATCHED" or None)
    held = people["admin"].get(f"/v1/suggestions/{both[0]}")

    assert "PENDING_CONFIRMATION" in first
    assert by_command.exit_code == 1
    assert "a second person has to confirm it" in by_command.output
    assert (by_call["refusal"], by_call["state"]) == ("SAME_PERSON", "STATE_PENDING_CONFIRMATION")
    assert held["suggestion"]["state"] == "STATE_PENDING_CONFIRMATION"
    assert reconciled(system, large) == "RECONCILIATION_STATE_PENDING"

    second = confirm_by_rpc(people["wang.wei"], both[0])
    await eventually(lambda: reconciled(system, large) == "RECONCILIATION_STATE_MATCHED" or None)

    assert second["state"] == "STATE_CONFIRMED"
    told = people["admin"].get(f"/v1/suggestions/{both[0]}")
    assert len({action["operator"] for action in told["actions"]}) == 2
    assert [action["state"] for action in told["actions"]] == ["STATE_PENDING_CONFIRMATION", "STATE_CONFIRMED"]
    assert "confirmed by" in json.dumps(people["admin"].get(f"/v1/payments/{large}:explain"))
