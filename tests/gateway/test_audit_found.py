"""A deed whose record was lost is found in the feed of its service, and stands in the audit after all."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import asyncpg
import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from chassis import database, server
from chassis.clock import SystemClock
from chassis.errors import Fault, Kind
from services.gateway.audit_found import FoundLater, Told
from services.gateway.audit_key import Signer, read_signer
from services.gateway.audit_payments import PaymentDeeds
from services.gateway.audit_verify import verify_database
from services.gateway.domain.audit_record import AuditRecord
from services.gateway.domain.deed import Deed
from services.gateway.store import audit as audit_store
from services.payments import rpc
from services.payments.app import make_actions
from tests.support.eventually import eventually
from tests.support.gateway_process import free_port, gateway_process, serves

NOW = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
RECORD = {
    "merchantId": "m_1",
    "merchantOrderNo": "order-1",
    "channel": "wechat_pay",
    "channelTxnNo": "TXN-1",
    "amount": {"currencyCode": "CNY", "amountMinor": "100"},
    "payTime": "2026-03-01T10:00:00Z",
}
ONE, MANY = "bihuan.payments.v1.PaymentService.RecordPayment", "bihuan.payments.v1.ImportService.ImportPayments"
FILE = "bihuan.reconciler.v1.StatementService.IngestStatement"


def trace(number: int) -> str:
    return f"{number:032x}"


class _Told:
    """A feed that tells what it is given."""

    found_in, of_many = PaymentDeeds.found_in, PaymentDeeds.of_many

    def __init__(self, *deeds: Deed | None) -> None:
        self.told = [Told(sequence, deed) for sequence, deed in enumerate(deeds, start=1)]

    async def changes(self, from_sequence):
        for told in self.told:
            if told.sequence >= from_sequence:
                yield [told]

    async def end(self):
        return 1


class _Clock:
    def now(self) -> datetime:
        return NOW


def done(number: int, *names: str, seconds_ago: float = 100.0) -> Deed:
    return Deed(NOW - timedelta(seconds=seconds_ago), trace(number), names)


def written(number: int, *names: str, method: str = ONE, seconds_ago: float = 101.0) -> AuditRecord:
    made = NOW - timedelta(seconds=seconds_ago)
    return AuditRecord(
        record_id=audit_store.first_id_of(made) + f"{number:020x}",
        record_time=made,
        caller_id="key_1",
        operator="key_1",
        tenant_id="",
        method=method,
        resource_ids=names,
        address="",
        reason="",
        outcome="OK",
        saw_unmasked=False,
        trace_id=trace(number),
        request_sha256=b"",
        batch_id=f"aub_{number}",
    )


@pytest.fixture
async def engine(fresh_database):
    one = database.connect(await fresh_database("services.gateway"), "test")
    yield one
    await one.dispose()


def _comparing(engine, feed: _Told, signer: Signer | None = None) -> FoundLater:
    sessions = database.sessions(engine)
    return FoundLater(sessions, _Clock(), signer or Signer(None), feed, after_seconds=60)


async def _rows(url: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetch("SELECT * FROM audit_record WHERE outcome = 'FOUND_LATER' ORDER BY record_id")
    finally:
        await connection.close()


def _url(engine) -> str:
    return engine.url.render_as_string(hide_password=False).replace("+asyncpg", "")


async def _found(engine) -> list[tuple[str, list[str]]]:
    rows = await _rows(_url(engine))
    return sorted((row["trace_id"], row["resource_ids"]) for row in rows)


async def test_a_deed_is_missed_unless_a_record_of_its_trace_names_it_or_many(engine):
    records = [
        written(1, "m_1", "order-1", "pay_1"),
        written(2, "m_1", "order-2"),
        written(3, "pay_8"),
        written(4, "imp_1", method=MANY),
        written(5, "order-5", seconds_ago=700),
    ]
    writer = audit_store.Writer(engine)
    for record in records:
        await writer.append([record], 5)
    await writer.close()
    feed = _Told(
        done(1, "pay_1", "order-1"),
        done(2, "pay_2", "order-2"),
        done(3, "pay_3", "order-3"),
        None,
        done(4, "pay_4", "order-4"),
        done(5, "pay_5", "order-5"),
        done(6, "pay_6", "order-6"),
        done(6, "pay_7", "order-7"),
    )
    one = _comparing(engine, feed)
    await one.compare_audit()

    read = await one.compare_audit()
    again = await one.compare_audit()

    assert (read, again) == (8, 0)
    assert await _found(engine) == [
        (trace(3), ["pay_3", "order-3"]),
        (trace(6), ["pay_6", "order-6", "pay_7", "order-7"]),
    ]


async def test_every_deed_of_one_trace_is_named_however_many_there_are(engine):
    """A caller may send the same traceparent with each of its calls."""
    deeds = [done(1 + number % 2, f"pay_{number}", f"order-{number}") for number in range(50)]
    one = _comparing(engine, _Told(*deeds))
    await one.compare_audit()

    await one.compare_audit()

    found = await _found(engine)
    assert sorted((trace_id, len(names)) for trace_id, names in found) == [
        (trace(number), size) for number in (1, 2) for size in (10, 20, 20)
    ]
    assert {name for _, names in found for name in names} == {name for deed in deeds for name in deed.resource_ids}


async def test_a_file_that_came_in_the_same_trace_hides_no_lost_deed(engine):
    writer = audit_store.Writer(engine)
    await writer.append([written(1, "upl_1", method=FILE)], 5)
    await writer.close()
    one = _comparing(engine, _Told(done(1, "pay_1", "order-1")))
    await one.compare_audit()

    await one.compare_audit()

    assert await _found(engine) == [(trace(1), ["pay_1", "order-1"])]


async def test_what_many_calls_left_is_written_in_batches_each_with_its_signature(engine):
    feed = _Told(*(done(number, f"pay_{number}") for number in range(1, 602)))
    one = _comparing(engine, feed, Signer(Ed25519PrivateKey.generate()))
    await one.compare_audit()

    read = await one.compare_audit()

    rows = await _rows(_url(engine))
    assert (read, len(rows)) == (601, 601)
    assert {row["trace_id"] for row in rows} == {trace(number) for number in range(1, 602)}
    assert sorted(row["batch_size"] for row in rows if row["batch_signature"]) == [101, 500]


async def test_while_the_feed_fails_nothing_is_passed_over(engine):
    feed = _Told(done(1, "pay_1"), done(2, "pay_2"))
    one = _comparing(engine, feed)
    await one.compare_audit()
    whole, feed.told = feed.told, _Broken(feed.told[:1])
    with pytest.raises(Fault):
        await one.compare_audit()
    before = await _found(engine)
    feed.told = whole

    read = await one.compare_audit()

    assert (before, read) == ([], 2)
    assert await _found(engine) == [(trace(1), ["pay_1"]), (trace(2), ["pay_2"])]


class _Broken(list):
    """Changes, behind which the service is gone."""

    def __iter__(self):
        yield from super().__iter__()
        raise Fault(Kind.UNAVAILABLE, "UPSTREAM_UNAVAILABLE", "payments does not answer", "")


async def test_a_deed_whose_call_may_still_be_under_way_is_left_for_later(engine):
    feed = _Told(done(1, "pay_1"), done(2, "pay_2", seconds_ago=10), done(3, "pay_3"))
    one = _comparing(engine, feed)
    await one.compare_audit()

    read = await one.compare_audit()

    assert read == 1
    assert await _found(engine) == [(trace(1), ["pay_1"])]


async def test_two_gateways_that_compare_at_once_write_one_record(engine):
    feed = _Told(*(done(number, f"pay_{number}") for number in range(1, 40)))
    both = [_comparing(engine, feed) for _ in range(2)]
    await both[0].compare_audit()

    read = await asyncio.gather(*(one.compare_audit() for one in both))

    assert sorted(read) == [0, 39]
    assert len(await _found(engine)) == 39


@contextlib.asynccontextmanager
async def _payments(url: str):
    engine = database.connect(url, "test")
    actions = make_actions(engine, SystemClock())
    running = await server.start("127.0.0.1:0", rpc.servicers(actions))
    try:
        yield f"127.0.0.1:{running.port}"
    finally:
        await running.stop()
        await actions.intake.close(5)
        await actions.exports.close()
        await engine.dispose()


async def test_a_payment_whose_gateway_was_killed_before_its_record_was_committed_gets_one(fresh_database, tmp_path):
    """The record waits for a lock that the test holds; then gateway and its connections to the database are killed."""
    url, payments_url = await fresh_database("services.gateway"), await fresh_database("services.payments")
    private = Ed25519PrivateKey.generate()
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "audit.key").write_bytes(pem)
    public = private.public_key()
    (tmp_path / "audit.pub").write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    port = free_port()
    settings = {
        "admin_key_file": str(tmp_path / "admin.key"),
        "http_listen": f"127.0.0.1:{port}",
        "audit_key_file": str(tmp_path / "audit.key"),
        "call_timeout_seconds": "60",
    }
    soon = {"call_timeout_seconds": "2", "upload_timeout_seconds": "2", "audit_found_after_seconds": "2.1"}
    assert read_signer(settings["audit_key_file"]).signs
    control, books = await asyncpg.connect(url), await asyncpg.connect(payments_url)
    async with _payments(payments_url) as target:
        first = await gateway_process(url, settings | {"payments_target": target})
        try:
            await eventually(lambda: serves(port), timeout_seconds=60)
            await eventually(
                lambda: control.fetchval("SELECT 1 FROM webhook_cursor WHERE feed = 'audit payments'"),
                timeout_seconds=60,
            )
            token = (tmp_path / "admin.key").read_text("ascii").strip()
            async with httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{port}", trust_env=False, headers={"authorization": f"Bearer {token}"}
            ) as caller:
                locked = control.transaction()
                await locked.start()
                await control.execute("LOCK TABLE audit_record IN EXCLUSIVE MODE")
                call = asyncio.create_task(
                    caller.post("/v1/payments", json=RECORD, headers={"idempotency-key": "lost-0001"})
                )
                payment_id = await eventually(
                    lambda: books.fetchval("SELECT payment_id FROM payments"), timeout_seconds=60
                )
                first.kill()
                await first.wait()
                (ended,) = await asyncio.gather(call, return_exceptions=True)
            await control.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
            await locked.rollback()
            lost = await control.fetchval("SELECT count(*) FROM audit_record WHERE method LIKE '%RecordPayment'")
            second = await gateway_process(url, settings | soon | {"payments_target": target})
            try:
                (row,) = await eventually(lambda: _rows(url), timeout_seconds=60)
                await eventually(
                    lambda: control.fetchval("SELECT NOT EXISTS (SELECT FROM audit_unlinked)"), timeout_seconds=60
                )
            finally:
                second.kill()
                await second.wait()
        finally:
            if first.returncode is None:
                first.kill()
                await first.wait()
            await control.close()
            await books.close()

    verdict = await verify_database(url, None, [tmp_path / "audit.pub"])
    assert isinstance(ended, httpx.TransportError) or ended.json()["reason"] == "AUDIT_NOT_WRITTEN"
    assert lost == 0
    assert row["resource_ids"] == [payment_id, "order-1"]
    assert (row["caller_id"], row["operator"], row["address"]) == ("feed:payments", "", "")
    assert len(row["trace_id"]) == 32
    assert verdict.broken is None
