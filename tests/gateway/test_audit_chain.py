"""The chain over the audit: what was changed, removed, added or swapped is found, and the first bad record named."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from starlette.requests import Request
from typer.testing import CliRunner

from chassis import database
from chassis.clock import ManualClock
from cli.main import app as cli
from services.gateway import audit_folder
from services.gateway.audit import Audit
from services.gateway.audit_key import read_signer
from services.gateway.audit_verify import Verdict, verify_database
from services.gateway.domain.audit_chain import next_link
from services.gateway.domain.audit_record import microseconds
from services.gateway.store import audit as store
from services.gateway.worker import AuditWorker

START = datetime(2026, 3, 30, 12, tzinfo=UTC)


@dataclass
class Chain:
    """An audit of its own, without a gateway around it."""

    url: str
    superuser_url: str
    audit: Audit
    worker: AuditWorker
    clock: ManualClock
    folder: Path
    public_key: Path

    async def write(self, count: int) -> None:
        """So many records, in batches of five as concurrent calls make them."""
        for _ in range(0, count, 5):
            await asyncio.gather(*(self._write_one() for _ in range(5)))

    async def _write_one(self) -> None:
        scope = {"type": "http", "method": "POST", "raw_path": b"/v1/refunds", "query_string": b"", "headers": []}
        entry = self.audit.open(Request(scope), "bihuan.x.v1.Y.Do", "192.0.2.1", mutates=True)
        entry.caller_id = "key_a"
        await self.audit.kept(entry, _nothing)

    async def link(self) -> None:
        while await self.worker.link():
            pass

    async def tamper(self, *statements: str) -> None:
        """As a superuser who knows how to step around triggers."""
        connection = await asyncpg.connect(self.superuser_url)
        try:
            await connection.execute("SET session_replication_role = replica")
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    async def verify(self) -> Verdict:
        return await verify_database(self.superuser_url, self.folder, [self.public_key])

    async def record_at(self, link_no: int) -> str:
        connection = await asyncpg.connect(self.superuser_url)
        try:
            return await connection.fetchval("SELECT record_id FROM audit_link WHERE link_no = $1", link_no)
        finally:
            await connection.close()


class _Answer:
    status_code = 200


async def _nothing():
    return _Answer()


@pytest.fixture
async def chain(fresh_database, postgres, tmp_path):
    url = await fresh_database("services.gateway")
    folder = tmp_path / "outside"
    folder.mkdir()
    private, public = _key_files(tmp_path)
    engine = database.connect(url, "test")
    sessions, clock, signer = database.sessions(engine), ManualClock(START), read_signer(str(private))
    audit = Audit(engine, clock, signer)
    worker = AuditWorker(sessions, clock, audit, signer, folder, anchor_seconds=0)
    superuser_url = postgres.url(engine.url.database)
    yield Chain(url, superuser_url, audit, worker, clock, folder, public)
    await audit.close(5)
    await engine.dispose()


def _key_files(folder: Path) -> tuple[Path, Path]:
    key = Ed25519PrivateKey.generate()
    private, public = folder / "audit.key", folder / "audit.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


async def test_an_untouched_audit_is_whole(chain):
    await chain.write(20)
    await chain.link()

    verdict = await chain.verify()

    assert (verdict.record_count, verdict.broken) == (20, None)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("reason", "'a better one'"),
        ("caller_id", "'key_b'"),
        ("operator", "'someone'"),
        ("outcome", "'NOT_FOUND'"),
        ("resource_ids", "'{ref_2}'"),
        ("address", "'192.0.2.9'"),
        ("method", "'bihuan.x.v1.Y.Look'"),
        ("record_time", "record_time + interval '1 microsecond'"),
        ("saw_unmasked", "true"),
        ("request_sha256", r"'\x00'"),
        ("tenant_id", "'t'"),
        ("trace_id", "'0'"),
    ],
)
async def test_a_changed_field_is_found(chain, column, value):
    await chain.write(10)
    await chain.link()
    bad = await chain.record_at(7)

    await chain.tamper(f"UPDATE audit_record SET {column} = {value} WHERE record_id = '{bad}'")

    broken = (await chain.verify()).broken
    assert (broken.link_no, broken.record_id, broken.why) == (7, bad, "CHANGED")


async def test_a_removed_record_is_found_and_so_is_one_removed_with_its_link(chain):
    await chain.write(10)
    await chain.link()
    bad, after = await chain.record_at(4), await chain.record_at(5)

    await chain.tamper(f"DELETE FROM audit_record WHERE record_id = '{bad}'")
    alone = (await chain.verify()).broken
    await chain.tamper("DELETE FROM audit_link WHERE link_no = 4")
    with_link = (await chain.verify()).broken

    assert (alone.link_no, alone.record_id, alone.why) == (4, bad, "REMOVED")
    assert (with_link.link_no, with_link.record_id, with_link.why) == (5, after, "GAP")


async def test_a_removed_end_is_found_by_the_heads_that_were_anchored_outside(chain):
    await chain.write(10)
    await chain.link()
    last = await chain.record_at(7)

    await chain.tamper(
        "DELETE FROM audit_record WHERE record_id IN (SELECT record_id FROM audit_link WHERE link_no > 7)",
        "DELETE FROM audit_link WHERE link_no > 7",
    )

    broken = (await chain.verify()).broken
    assert (broken.link_no, broken.record_id, broken.why) == (7, last, "TAIL")


async def test_a_record_put_in_by_hand_is_found_whether_it_waits_for_a_link_or_not(chain):
    await chain.write(5)
    await chain.link()
    copy = (
        "INSERT INTO audit_record SELECT 'aud_0', record_time, 'key_framed', operator, tenant_id, method, resource_ids,"
        " address, reason, outcome, saw_unmasked, trace_id, request_sha256, 'aub_0', 0, 1, batch_signature"
        " FROM audit_record LIMIT 1"
    )

    await chain.tamper(copy)
    unlinked = (await chain.verify()).broken
    await chain.tamper("INSERT INTO audit_unlinked VALUES ('aub_0')")
    await chain.link()
    linked = (await chain.verify()).broken

    assert (unlinked.record_id, unlinked.why) == ("aud_0", "UNLINKED")
    assert (linked.link_no, linked.record_id, linked.why) == (6, "aud_0", "SIGNATURE")


async def test_a_record_put_between_with_a_chain_made_anew_behind_it_is_found(chain):
    await chain.write(10)
    await chain.link()
    bad = await chain.record_at(3)

    await chain.tamper(
        "UPDATE audit_link SET link_no = link_no + 1001 WHERE link_no >= 3",
        "UPDATE audit_link SET link_no = link_no - 1000 WHERE link_no >= 1000",
        "INSERT INTO audit_record SELECT 'aud_between', record_time, 'key_framed', operator, tenant_id, method,"
        " resource_ids, address, reason, outcome, saw_unmasked, trace_id, request_sha256, 'aub_b', 0, 1, ''"
        f" FROM audit_record WHERE record_id = '{bad}'",
        "INSERT INTO audit_link SELECT 3, 'aud_between', link_time, link_sha256 FROM audit_link WHERE link_no = 4",
    )
    await _make_anew(chain)

    broken = (await chain.verify()).broken
    assert (broken.link_no, broken.record_id, broken.why) == (3, "aud_between", "BATCH")


async def test_a_past_that_was_written_anew_as_a_whole_is_found_by_the_signatures_alone(chain):
    await chain.write(10)
    await chain.link()
    await chain.tamper(f"UPDATE audit_record SET reason = 'x' WHERE record_id = '{await chain.record_at(7)}'")
    await _make_anew(chain)

    without_folder = await verify_database(chain.superuser_url, None, [chain.public_key])
    without_key = await verify_database(chain.superuser_url, chain.folder, [])

    assert (without_folder.broken.link_no, without_folder.broken.why) == (10, "SIGNATURE")
    assert (without_key.broken.link_no, without_key.broken.why) == (10, "ANCHOR")


async def test_two_records_that_changed_places_are_found(chain):
    await chain.write(10)
    await chain.link()
    second, third = await chain.record_at(2), await chain.record_at(3)

    await chain.tamper(
        "UPDATE audit_link SET record_id = 'swap' WHERE link_no = 2",
        f"UPDATE audit_link SET record_id = '{second}' WHERE link_no = 3",
        f"UPDATE audit_link SET record_id = '{third}' WHERE link_no = 2",
    )

    broken = (await chain.verify()).broken
    assert (broken.link_no, broken.record_id, broken.why) == (2, third, "CHANGED")


async def test_a_forged_anchor_and_a_forged_seal_are_found(chain):
    await chain.write(5)
    await chain.link()
    await _seal_march(chain)
    (seal,) = audit_folder.read_seals(chain.folder)
    path = chain.folder / "seal-2026-03.json"
    good = path.read_text()

    path.write_text(good.replace(seal.head_sha256.hex(), "ab" * 32))
    forged_seal = (await chain.verify()).broken
    path.write_text(good)
    anchors = next(chain.folder.glob("anchors-*.jsonl"))
    anchors.write_text(anchors.read_text().replace('"link_no": 5', '"link_no": 4'))
    forged_anchor = (await chain.verify()).broken

    assert forged_seal.why == "SEAL"
    assert (forged_anchor.link_no, forged_anchor.why) == (4, "ANCHOR")


async def test_a_month_is_sealed_once_when_it_has_ended_and_the_seal_stands_in_both_places(chain):
    await chain.write(5)
    await chain.link()
    early = await chain.worker.seal()
    await _seal_march(chain)
    again = await chain.worker.seal()
    await chain.write(5)
    await chain.link()

    (outside,) = audit_folder.read_seals(chain.folder)
    async with database.sessions(chain.audit._engine).begin() as session:
        inside = await store.seals(session)

    assert (early, again) == (0, 0)
    assert inside == [outside]
    assert (outside.month, outside.record_count) == ("2026-03", 5)
    assert (await chain.verify()).broken is None


async def test_an_end_that_was_cut_off_behind_the_last_anchor_is_found_by_the_seal_in_the_database(chain):
    await chain.write(10)
    await chain.link()
    await _seal_march(chain)
    for path in chain.folder.iterdir():
        path.unlink()

    await chain.tamper(
        "DELETE FROM audit_record WHERE record_id IN (SELECT record_id FROM audit_link WHERE link_no > 7)",
        "DELETE FROM audit_link WHERE link_no > 7",
    )

    assert (await chain.verify()).broken.why == "TAIL"


async def test_a_clock_that_goes_back_never_puts_a_link_before_the_one_before_it(chain):
    await chain.write(5)
    await chain.link()
    chain.clock.advance(-3_600)
    await chain.write(5)
    await chain.link()

    assert (await chain.verify()).broken is None
    async with database.sessions(chain.audit._engine).begin() as session:
        times = [link.link_time for link in await store.links(session, 0, 10)]
    assert times == [START] * 10


async def test_two_gateways_that_link_at_once_make_one_chain(chain):
    await chain.write(40)
    other = AuditWorker(
        database.sessions(chain.audit._engine), chain.clock, chain.audit, read_signer(""), None, anchor_seconds=0
    )

    await asyncio.gather(*(worker.link() for worker in (chain.worker, other) * 5))
    await chain.link()

    verdict = await chain.verify()
    assert (verdict.record_count, verdict.broken) == (40, None)


async def test_the_command_names_the_first_bad_record_and_ends_with_1(chain):
    await chain.write(10)
    await chain.link()
    whole = await _command(chain)
    bad = await chain.record_at(2)
    await chain.tamper(f"UPDATE audit_record SET reason = 'x' WHERE record_id = '{bad}'")
    broken = await _command(chain)

    assert whole[0] == 0, whole[1]
    assert "10" in whole[1]
    assert broken[0] == 1
    assert bad in broken[1]
    assert "CHANGED" in broken[1]


async def _command(chain: Chain) -> tuple[int, str]:
    arguments = ["audit", "verify", "--database", chain.superuser_url, "--folder", str(chain.folder)]
    arguments += ["--public-key", str(chain.public_key)]
    done = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
    return done.exit_code, done.output


async def _seal_march(chain: Chain) -> None:
    chain.clock.advance(3 * 86_400)
    assert await chain.worker.seal() == 1


async def _make_anew(chain: Chain) -> None:
    """Compute every link again, as somebody could who has read how the chain is made."""
    async with database.sessions(chain.audit._engine).begin() as session:
        links = await store.links(session, 0, 1_000)
    before, statements = bytes(32), []
    for link in links:
        before = next_link(before, link.link_no, link.record.digest(), link.link_time)
        statements.append(rf"UPDATE audit_link SET link_sha256 = '\x{before.hex()}' WHERE link_no = {link.link_no}")
    await chain.tamper(*statements)


def test_the_hash_of_a_link_is_what_the_documents_say():
    expected = hashlib.sha256(f"link {'00' * 32} 1 {'11' * 32} 1774872000000000".encode("ascii")).digest()

    assert next_link(bytes(32), 1, b"\x11" * 32, START) == expected


@pytest.mark.parametrize(
    "reason", ["", "refund", 'a "quoted" \\ back', "\x01\x1f\x7f\t\n", "王小明", "é", "😀", "\u2028"]
)
def test_a_digest_is_of_ascii_json_whatever_the_texts_are(reason):
    record = store._PROBE._replace(reason=reason, resource_ids=("pay_1", reason))
    fields = [getattr(record, name) for name in type(record)._fields if name != "batch_signature"]
    fields[1], fields[6], fields[12] = microseconds(record.record_time), ["pay_1", reason], record.request_sha256.hex()

    assert record.digest() == hashlib.sha256(json.dumps(fields, separators=(",", ":")).encode("ascii")).digest()
