"""What every call passes: credentials, the clock, HTTPS, announced outages, and faults that a call asks for itself."""

import ssl
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx
import pytest
import trustme

from tests.support.tax_sandbox import Steering, a_document, query_by_key, running_tax_sandbox, submit_to, until_status

HERE = "/production/42"


@pytest.fixture
async def tax(fresh_database):
    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as steering:
        yield steering


async def ping(tax: Steering, credential: str = "") -> httpx.Response:
    return await tax.http.get(
        f"{HERE}/v1/ping", headers={"Authorization": f"Bearer {credential}"} if credential else {}
    )


async def add_credential(tax: Steering, credential: str, expires_at: datetime | None = None) -> None:
    asked = {"credential": credential, "expires_at": expires_at.isoformat() if expires_at else None}
    assert (await tax.http.post("/steering/credentials", json=asked)).status_code == 201


def code_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json().get("code", "")


async def test_a_credential_is_asked_for_once_there_is_one(tax):
    before = await ping(tax)
    await add_credential(tax, "secret-1")
    missing, wrong, right = await ping(tax), await ping(tax, "secret-2"), await ping(tax, "secret-1")
    unread = await submit_to(tax, b"x" * 300_000)

    assert before.json()["region"] == "42"
    assert [code_of(answer) for answer in (missing, wrong, unread)] == [(401, "E4010")] * 3
    assert right.status_code == 200
    assert "secret-1" not in (await tax.http.get("/steering/credentials")).text


async def test_a_credential_ends_by_the_authoritys_clock(tax):
    await add_credential(tax, "secret-1", datetime.now(UTC) + timedelta(hours=1))

    before = await ping(tax, "secret-1")
    await tax.shift_clock(3_700)

    assert before.status_code == 200
    assert code_of(await ping(tax, "secret-1")) == (401, "E4011")


async def test_after_a_rotation_only_the_newest_key_opens(tax):
    await add_credential(tax, "secret-1")
    await tax.plan("KEY_ROTATION")
    await add_credential(tax, "secret-2")

    old, new = await ping(tax, "secret-1"), await ping(tax, "secret-2")
    submitted = await submit_to(tax, a_document(), Authorization="Bearer secret-1")

    assert [code_of(old), code_of(submitted)] == [(401, "E4012")] * 2
    assert new.status_code == 200


async def test_a_credential_may_expire_for_one_order_and_nothing_is_taken(tax):
    await tax.plan("CREDENTIAL_EXPIRY", order_no="NO7", times=1)

    answers = [await submit_to(tax, a_document("NO7")) for _ in range(2)]

    assert [code_of(answer) for answer in answers] == [(401, "E4011"), (200, "")]
    assert not answers[1].json()["duplicate"]


async def test_every_answer_tells_the_authoritys_time_and_the_clock_can_be_moved(tax):
    await tax.http.post("/steering/clock", json={"offset_seconds": 86_400})

    answer = await ping(tax)
    clock = (await tax.http.get("/steering/clock")).json()

    ahead = parsedate_to_datetime(answer.headers["date"]) - datetime.now(UTC)
    to_ms = datetime.fromisoformat(answer.headers["tax-clock"]) - datetime.now(UTC)
    assert timedelta(hours=23) < ahead < timedelta(hours=25)
    assert timedelta(hours=23) < to_ms < timedelta(hours=25)
    assert clock["offset_seconds"] == 86_400


@pytest.mark.parametrize(
    "asked", [{}, {"shift_seconds": "1"}, {"shift_seconds": 1, "offset_seconds": 1}, {"shift_seconds": 1e12}]
)
async def test_a_clock_that_cannot_be_is_refused(tax, asked):
    assert (await tax.http.post("/steering/clock", json=asked)).status_code == 422


async def test_a_skewed_clock_shows_in_the_headers_alone(tax):
    await tax.plan("CLOCK_SKEW", seconds=-600, times=1)

    skewed, straight = await ping(tax), await ping(tax)

    off = parsedate_to_datetime(skewed.headers["date"]) - datetime.now(UTC)
    assert timedelta(seconds=-660) < off < timedelta(seconds=-540)
    assert abs(parsedate_to_datetime(straight.headers["date"]) - datetime.now(UTC)) < timedelta(seconds=60)


async def test_an_announced_outage_stands_in_the_announcements_and_ends_by_itself(tax):
    await tax.plan("OUTAGE_ANNOUNCED", seconds=600)

    during = [await ping(tax), await submit_to(tax, a_document()), await query_by_key(tax)]
    told = (await tax.http.get(f"{HERE}/v1/announcements")).json()["announcements"]
    await tax.shift_clock(601)

    assert [code_of(answer) for answer in during] == [(503, "E5030")] * 3
    assert 540 <= int(during[0].headers["retry-after"]) <= 600
    assert [datetime.fromisoformat(one["to"]) - datetime.fromisoformat(one["from"]) for one in told] == [
        timedelta(seconds=600)
    ]
    assert (await submit_to(tax, a_document())).status_code == 200
    assert (await tax.http.get(f"{HERE}/v1/announcements")).json() == {"announcements": []}


async def test_what_steering_announces_is_told_where_it_concerns(tax):
    outage = {
        "from": "2030-03-01T00:00:00Z",
        "to": "2030-03-01T02:00:00Z",
        "text": "夜间维护",
        "place": "production/42",
    }
    assert (await tax.http.post("/steering/announcements", json=outage)).status_code == 201

    here = (await tax.http.get(f"{HERE}/v1/announcements")).json()
    there = (await tax.http.get("/production/11/v1/announcements")).json()

    assert here["announcements"] == [{name: outage[name] for name in ("from", "to", "text")}]
    assert there["announcements"] == []


async def test_an_outage_that_nobody_announced_closes_the_probe_without_being_used_up(tax):
    await tax.plan("OUTAGE", times=1)

    probes = [await ping(tax), await ping(tax)]
    submits = [await submit_to(tax, a_document()) for _ in range(2)]

    assert [answer.status_code for answer in [*probes, *submits]] == [503, 503, 503, 200]
    assert (await tax.http.get(f"{HERE}/v1/announcements")).json()["announcements"] == []


async def test_a_call_may_ask_for_faults_that_strike_it_alone(tax):
    both = "ACK_WITHOUT_BOOKING, HTTP_5XX_AFTER_COMMIT;code=503"

    struck = await submit_to(tax, a_document(), Tax_Fault=both)
    again = await submit_to(tax, a_document("NO2"), "inv_2")

    assert [struck.status_code, again.status_code] == [503, 200]
    await until_status(tax, "BOOKED", "inv_2")
    assert {row["key"]: row["status"] for row in await tax.book()} == {"inv_1": "SWALLOWED", "inv_2": "BOOKED"}


@pytest.mark.parametrize("header", ["NOTHING", "OUTAGE;seconds=x", "OUTAGE;times=3", "SLOW_ANSWER", "OUTAGE," * 9])
async def test_a_fault_header_that_cannot_be_read_is_refused(tax, header):
    answer = await submit_to(tax, a_document(), Tax_Fault=header)

    assert code_of(answer) == (400, "E4014")
    assert await tax.book() == []


async def test_the_fault_header_means_nothing_where_it_is_turned_off(fresh_database):
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url, fault_header=False) as tax:
        answer = await submit_to(tax, a_document(), Tax_Fault="OUTAGE")

    assert answer.status_code == 200


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[dict[str, str], ssl.SSLContext]:
    """Settings with a certificate for the loopback, and what trusts it."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(key)
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)
    return {"tls_cert_file": str(cert), "tls_key_file": str(key)}, trusting


async def test_the_protocol_is_spoken_over_https_and_a_lost_answer_is_lost_there_too(fresh_database, certificate):
    settings, trusting = certificate
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url, verify=trusting, **settings) as tax:
        await tax.plan("LOSE_ANSWER", key="inv_1", times=1)

        with pytest.raises(httpx.TransportError):
            await submit_to(tax, a_document())
        again = await submit_to(tax, a_document())
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(trust_env=False) as stranger:
                await stranger.get(f"{tax.url}/healthz")

    assert tax.url.startswith("https://")
    assert again.json()["duplicate"]
