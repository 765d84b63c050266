"""`bihuan invoice batch` and the second person's decision, against the running system: what a finance office does."""

import contextlib
import csv
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from bihuan_client import Refused
from click.testing import Result
from typer.testing import CliRunner

from cli import client, show
from cli.main import app
from tests.support.eventually import eventually
from tests.support.system import WATER, System

USCC = "91110000600037341L"
Bihuan = Callable[..., Result]


@pytest.fixture
def bihuan(system: System, monkeypatch: pytest.MonkeyPatch) -> Bihuan:
    """Run a command by the gateway that is given, or by the admin's."""
    monkeypatch.setattr(show.console, "_width", 250)

    def run(*arguments: str | Path, by: client.Gateway = system.gateway) -> Result:
        monkeypatch.setattr(client, "connect", lambda: by)
        return CliRunner().invoke(app, [str(each) for each in arguments])

    return run


@pytest.fixture
def second_person(system: System) -> Iterator[client.Gateway]:
    """A reviewer with a key of their own."""
    asked = {"displayName": "second", "roles": ["reviewer"]}
    token = system.gateway.post("/v1/apiKeys", asked)["token"]
    with contextlib.closing(client.Gateway(system.stack.addresses.gateway_url, token)) as gateway:
        yield gateway


def paid(system: System, count: int, start: int) -> list[str]:
    """Payments of a merchant who invoices on request, recorded in order."""
    system.gateway.put("/v1/merchants/city-water/profile", WATER | {"issuePolicy": "ISSUE_POLICY_ON_REQUEST"})
    return [
        str(
            system.gateway.post(
                "/v1/payments",
                {
                    "merchantId": "city-water",
                    "merchantOrderNo": f"BULK-{start + no}",
                    "channel": "wechat_pay",
                    "channelTxnNo": f"42000{start + no}",
                    "amount": {"currencyCode": "CNY", "amountMinor": "12345"},
                    "payTime": "2026-03-01T04:00:00+00:00",
                },
            )["payment"]["paymentId"]
        )
        for no in range(count)
    ]


async def followed(system: System, payment_ids: list[str]) -> None:
    """Wait until invoice_sync has heard of them."""

    for payment_id in payment_ids:
        await eventually(lambda: _is_followed(system, payment_id))  # noqa: B023


def _is_followed(system: System, payment_id: str) -> bool:
    with contextlib.suppress(Refused):
        return system.gateway.get(f"/v1/diagnoses/{payment_id}")["diagnosis"].get("paymentId") == payment_id
    return False


def written(folder: Path, rows: list[tuple[str, ...]]) -> Path:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([("支付单号", "发票抬头", "税号"), *rows])
    file = folder / "三月开票.csv"
    file.write_text(out.getvalue(), "gb18030")
    return file


async def test_a_file_is_sent_watched_decided_by_a_second_person_and_its_results_are_kept(
    system: System, bihuan: Bihuan, second_person: client.Gateway, tmp_path: Path
):
    good, short, wrong = ids = paid(system, 3, 100)
    await followed(system, ids)
    rows = [(good, "江城科技有限公司", USCC), (short, "张三丰", ""), (wrong, "江城科技有限公司", "123")]
    file, result = written(tmp_path, rows), tmp_path / "result.xlsx"

    sent = bihuan("invoice", "batch", file, "--merchant", "city-water", "--result", result)
    again = bihuan("invoice", "batch", file, "--merchant", "city-water")
    listed = bihuan("invoice", "confirmations")
    waiting = second_person.get("/v1/invoice-confirmations")["confirmations"]
    (confirmation_id,) = [each["confirmationId"] for each in waiting if each["paymentId"] == short]
    own = bihuan("invoice", "confirm", confirmation_id, "--reason", "mine")
    decided = bihuan("invoice", "confirm", confirmation_id, "--reason", "seen the licence", by=second_person)

    assert sent.exit_code == again.exit_code == 1, sent.output
    assert "3 rows, 1 invoiced, 1 await a second person, 1 refused" in sent.output
    assert sent.output == again.output
    for words in ("BUYER_TAX_ID", "税号", "****", "copy it from the business licence", "请按营业执照填写"):
        assert words in sent.output
    assert result.read_bytes().startswith(b"PK")
    assert "SHORT_NAME" in listed.output
    assert isinstance(own.exception, Refused)
    assert own.exception.reason == "SECOND_PERSON_REQUIRED"
    assert decided.exit_code == 0, decided.output
    invoices = {each: system.invoice_of(each).get("buyerTitle") for each in ids}
    assert invoices == {good: "江城科技有限公司", short: "张三丰", wrong: None}


async def test_a_form_uploads_a_file_and_a_masked_caller_sees_no_name(
    system: System, second_person: client.Gateway, tmp_path: Path
):
    (short,) = ids = paid(system, 1, 200)
    await followed(system, ids)
    file = written(tmp_path, [(short, "李四光", "")])
    where = system.stack.addresses

    async with httpx.AsyncClient(base_url=where.gateway_url, trust_env=False, timeout=60) as http:
        answer = await http.post(
            "/v1/bulk-requests:upload",
            headers={"authorization": f"Bearer {where.token()}"},
            data={"merchantId": "city-water", "mode": "MODE_HOLD_ALL", "operator": "somebody else"},
            files={"file": (file.name, file.read_bytes())},
        )

    assert answer.status_code == 200, answer.text
    known = answer.json()["bulkRequest"]
    assert (known["fileName"], known["mode"]) == (file.name, "MODE_HOLD_ALL")
    assert known["requestedBy"] != "somebody else"
    found = second_person.get(f"/v1/bulk-requests/{known['bulkRequestId']}/rows")
    assert "李四光" not in str(found)


def test_a_request_by_one_payment_still_has_its_short_form(system: System, bihuan: Bihuan):
    done = bihuan("invoice", "pay_nowhere")

    assert isinstance(done.exception, Refused)
    assert done.exception.reason in ("NOT_INVOICEABLE", "NOT_FOUND")


async def test_a_merchants_key_sends_files_of_its_own_and_of_nobody_else(system: System, tmp_path: Path):
    asked = {"displayName": "ours", "roles": ["integrator"], "merchantIds": ["us"]}
    bearer = {"authorization": f"Bearer {system.gateway.post('/v1/apiKeys', asked)['token']}"}
    content = written(tmp_path, [("pay_nowhere", "江城科技有限公司", USCC)]).read_bytes()
    url = system.stack.addresses.gateway_url

    async with httpx.AsyncClient(base_url=url, headers=bearer, trust_env=False, timeout=60) as http:
        told = [
            await http.post(f"/v1/bulk-requests:upload?merchantId={each}&mode=MODE_ACCEPT_GOOD", content=content)
            for each in ("us", "city-water")
        ]

    assert [each.status_code for each in told] == [200, 404], [each.text for each in told]
    assert told[0].json()["bulkRequest"]["wrongCount"] == 1
