"""Red letters against the running system: from the terminal, by the authority's portal, into its books."""

import contextlib
import ssl
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
from tests.support.system import WATER, System, running_system
from tests.support.templates import Templates

FIRM = {"buyerTitle": "江城科技有限公司", "buyerTaxId": "91110000600037341L"}
FORMS = "/production/42/v1/red-forms"
Bihuan = Callable[..., Result]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory, templates: Templates) -> Iterator[System]:
    folder = tmp_path_factory.mktemp("red")
    with running_system(folder, templates, {"BIHUAN_INVOICE_SYNC_LOOK_SECONDS_MAX": "0.5"}) as running:
        running.gateway.put("/v1/merchants/city-water/profile", WATER | {"issuePolicy": "ISSUE_POLICY_ON_REQUEST"})
        yield running


@pytest.fixture
def bihuan(system: System, monkeypatch: pytest.MonkeyPatch) -> Bihuan:
    """Run a command by the gateway that is given, or by the admin's."""
    monkeypatch.setattr(show.console, "_width", 250)

    def run(*arguments: str | Path, by: client.Gateway = system.gateway) -> Result:
        monkeypatch.setattr(client, "connect", lambda: by)
        return CliRunner().invoke(app, ["invoice", *(str(each) for each in arguments)])

    return run


@pytest.fixture
def portal(system: System) -> Iterator[httpx.Client]:
    """The authority, as a buyer and the hand on its clock reach it."""
    where = system.stack.addresses
    trust = ssl.create_default_context(cafile=where.tax_ca_file)
    with httpx.Client(base_url=where.tax_sandbox_url, verify=trust, timeout=60) as http:
        yield http


@pytest.fixture
def second_person(system: System) -> Iterator[client.Gateway]:
    """A reviewer with a key of their own."""
    token = system.gateway.post("/v1/apiKeys", {"displayName": "second", "roles": ["reviewer"]})["token"]
    with contextlib.closing(client.Gateway(system.stack.addresses.gateway_url, token)) as gateway:
        yield gateway


async def booked(system: System, order_no: str, **buyer: str) -> tuple[str, str]:
    """A payment whose invoice is in the books: its id and the invoice's."""
    paid = system.gateway.post(
        "/v1/payments",
        {
            "merchantId": "city-water",
            "merchantOrderNo": order_no,
            "channel": "wechat_pay",
            "channelTxnNo": f"4200-{order_no}",
            "amount": {"currencyCode": "CNY", "amountMinor": "12345"},
            "payTime": "2026-03-01T04:00:00+00:00",
        },
    )["payment"]["paymentId"]

    def asked() -> str:
        with contextlib.suppress(Refused):
            body = {"paymentId": paid, "buyerTitle": "个人", **buyer}
            return str(system.gateway.post("/v1/invoices", body)["invoice"]["invoiceId"])
        return ""

    invoice_id = await eventually(asked)
    await eventually(lambda: state_of(system, invoice_id) in ("SYNC_STATE_BOOKED", "SYNC_STATE_CONFIRMED"))
    return str(paid), str(invoice_id)


def state_of(system: System, invoice_id: str) -> str:
    return str(system.gateway.get(f"/v1/invoices/{invoice_id}")["invoice"]["syncState"])


def letter(system: System, red_letter_id: str) -> dict[str, str]:
    return dict(system.gateway.get(f"/v1/red-letters/{red_letter_id}")["redLetter"])


async def until(system: System, red_letter_id: str, state: str) -> None:
    await eventually(lambda: letter(system, red_letter_id)["state"] == f"RED_STATE_{state}")


async def test_a_letter_goes_through_its_states_into_the_books_and_its_money_is_invoiced_anew(system, bihuan, portal):
    paid, invoice_id = await booked(system, "RED-1", **FIRM)

    said = bihuan("red", "request", invoice_id, "--reason", "RETURN").output
    red_letter_id = said.split()[0]
    await until(system, red_letter_id, "AWAITING_BUYER")
    form_id = letter(system, red_letter_id)["formId"]
    portal.post(f"{FORMS}/{form_id}/confirm", json={"by": "BUYER"}).raise_for_status()
    await until(system, red_letter_id, "BOOKED")
    shown = bihuan("red", "show", red_letter_id).output
    anew = bihuan("red", "remainder", paid, "--title", "个人").output

    assert "APPLYING" in said
    assert "正在向税务机关申请" in said
    assert all(state in shown for state in ("APPLYING", "AWAITING_BUYER", "CONFIRMED", "ISSUED", "BOOKED"))
    assert "123.45 CNY" in anew
    await eventually(lambda: state_of(system, anew.split()[0]).endswith(("BOOKED", "CONFIRMED")))


async def test_a_wrong_title_is_set_right_after_a_second_person_saw_the_proof(system, bihuan, second_person, tmp_path):
    _, invoice_id = await booked(system, "RED-2")
    photo = tmp_path / "letter.png"
    photo.write_bytes(b"\x89PNG\r\n\x1a\n and what follows")
    applied = bihuan(
        "replace", "apply", invoice_id, "--kind", "WRONG", "--why", "the firm pays", "--proof", photo,
        "--title", FIRM["buyerTitle"], "--tax-id", FIRM["buyerTaxId"],
    ).output  # fmt: skip
    application_id = applied.split()[0]

    decided = bihuan("replace", "review", application_id, "--remedy", "REISSUE", "--why", "seen", by=second_person)

    def found() -> dict[str, str]:
        return dict(system.gateway.get(f"/v1/invoice-applications/{application_id}")["application"])

    await eventually(lambda: found()["state"] == "APPLICATION_STATE_REISSUED")
    anew = system.gateway.get(f"/v1/invoices/{found()['newInvoiceId']}")["invoice"]
    assert "REISSUING" in decided.output
    assert found()["reviewedBy"] != found()["filedBy"]
    assert anew["amount"]["amountMinor"] == "12345"


async def test_a_form_that_nobody_confirms_in_72_hours_of_the_authoritys_clock_is_void(system, bihuan, portal):
    _, invoice_id = await booked(system, "RED-3", **FIRM)
    red_letter_id = bihuan("red", "request", invoice_id, "--reason", "MISTAKE").output.split()[0]
    await until(system, red_letter_id, "AWAITING_BUYER")

    portal.post("/steering/clock", json={"shift_seconds": 72 * 3_600}).raise_for_status()
    try:
        await until(system, red_letter_id, "EXPIRED")
    finally:
        portal.post("/steering/clock", json={"offset_seconds": 0}).raise_for_status()
