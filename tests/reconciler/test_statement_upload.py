"""A file on its way in: sealed where it is kept, and going on where it broke off."""

import hashlib

import grpc
import pytest
from bihuan.reconciler.v1 import statement_service_pb2
from sqlalchemy import insert, select

from chassis.crypto import Unsealable
from services.reconciler.domain.sealed_place import CHUNK_BYTES, of_file
from services.reconciler.tables import (
    StatementFileChunkRow,
    StatementFileRow,
    StatementRow,
    StatementUploadChunkRow,
    StatementUploadRow,
)
from tests.reconciler.builders import NOON, System, a_bill, a_bill_row, parts, refused

# Something over 2 MiB.
BIG = a_bill(*(a_bill_row(no, book_time=NOON, payer=f"payer-{no:0200}") for no in range(1, 7_001)))


async def chunks_of(system: System, content: bytes) -> list[bytes]:
    """The sealed chunks of a file, in order."""
    sha256 = hashlib.sha256(content).hexdigest()
    statement = select(StatementFileChunkRow.sealed).where(StatementFileChunkRow.file_sha256 == sha256)
    async with system.sessions() as session:
        return list(await session.scalars(statement.order_by(StatementFileChunkRow.chunk_no)))


def opened(system: System, content: bytes, chunks: list[bytes]) -> bytes:
    sha256 = hashlib.sha256(content).hexdigest()
    return b"".join(system.ring.open(sealed, of_file(sha256, no)) for no, sealed in enumerate(chunks))


async def broken_off(system: System, content: bytes, sent_bytes: int, **said: object) -> None:
    """An upload whose sender leaves before the end."""
    sent = parts(content[:sent_bytes], **said)[:-1]
    with pytest.raises(grpc.aio.AioRpcError):
        await system.statements.IngestStatement(iter(sent))


def the_rest(content: bytes, start: int, of: bytes | None = None) -> list[statement_service_pb2.IngestStatementRequest]:
    """What goes on at a byte, as the rest of the file `of`."""
    sha256 = hashlib.sha256(content if of is None else of).hexdigest()
    return parts(content[start:], resume_from_bytes=start, file_sha256=sha256)


async def received(system: System, request_id: str = "ingest-0001") -> statement_service_pb2.GetUploadResponse:
    return await system.statements.GetUpload(statement_service_pb2.GetUploadRequest(request_id=request_id))


async def test_a_file_is_kept_in_chunks_that_only_the_key_opens_each_in_its_own_place(system: System):
    await system.ingest(BIG)

    chunks = await chunks_of(system, BIG)

    assert len(chunks) == -(-len(BIG) // CHUNK_BYTES) == 3
    assert opened(system, BIG, chunks) == BIG
    assert b"order-1" not in b"".join(chunks)
    with pytest.raises(Unsealable):
        opened(system, BIG, chunks[::-1])
    async with system.sessions() as session:
        assert (await session.scalars(select(StatementFileRow.content))).all() == [None]


async def test_an_upload_that_broke_off_goes_on_from_what_came_and_loads_the_whole_file(system: System):
    await broken_off(system, BIG, 2 * CHUNK_BYTES + 1000)
    told = await received(system)
    rest = the_rest(BIG, told.received_bytes)

    loaded = (await system.statements.IngestStatement(iter(rest))).statement

    assert told.received_bytes == 2 * CHUNK_BYTES
    assert told.HasField("expire_time")
    assert loaded.file_sha256 == hashlib.sha256(BIG).hexdigest()
    assert (loaded.rows.booked, loaded.size_bytes) == (7_000, len(BIG))
    after = await received(system)
    assert (after.received_bytes, after.statement_id) == (0, loaded.statement_id)
    assert await system.count(StatementUploadChunkRow) == 0


async def test_parts_of_two_files_are_never_taken_for_one(system: System):
    other = BIG.replace(b"payer-", b"owner-")
    await broken_off(system, BIG, CHUNK_BYTES + 1000)

    unnamed = await refused(
        system.statements.IngestStatement(iter(parts(other[CHUNK_BYTES:], resume_from_bytes=CHUNK_BYTES)))
    )
    joined = await refused(system.statements.IngestStatement(iter(the_rest(other, CHUNK_BYTES))))

    assert [fault.reason for fault in (unnamed, joined)] == ["INVALID_FIELD", "INVALID_FIELD"]
    assert "SHA-256" in joined.fields[0].message
    assert (await received(system)).received_bytes == 0
    assert await system.count(StatementRow) == 0


async def test_a_file_that_came_with_other_bytes_than_named_is_refused(system: System):
    sent = parts(a_bill(a_bill_row(1)), file_sha256="0" * 64)

    fault = await refused(system.statements.IngestStatement(iter(sent)))

    assert (fault.reason, await system.count(StatementRow)) == ("INVALID_FIELD", 0)


async def test_what_came_is_sealed_too(system: System):
    await broken_off(system, BIG, CHUNK_BYTES + 1000)

    async with system.sessions() as session:
        (sealed,) = await session.scalars(select(StatementUploadChunkRow.sealed))

    assert b"order-1" not in sealed


@pytest.mark.parametrize("asked", [CHUNK_BYTES, 3 * CHUNK_BYTES])
async def test_an_upload_that_would_go_on_elsewhere_is_told_where_it_goes_on(system: System, asked: int):
    await broken_off(system, BIG, 2 * CHUNK_BYTES + 1000)

    fault = await refused(system.statements.IngestStatement(iter(the_rest(BIG, asked))))

    assert fault.reason == "UPLOAD_OFFSET"
    assert fault.metadata == {"received_bytes": str(2 * CHUNK_BYTES)}
    assert (await received(system)).received_bytes == 2 * CHUNK_BYTES


async def test_an_upload_may_always_begin_anew(system: System):
    await broken_off(system, BIG, 2 * CHUNK_BYTES + 1000)

    loaded = (await system.ingest(BIG)).statement

    assert loaded.file_sha256 == hashlib.sha256(BIG).hexdigest()


async def test_an_upload_that_broke_off_is_forgotten_in_time(system: System):
    await broken_off(system, BIG, CHUNK_BYTES + 1000)
    system.clock.advance(86_401)

    assert (await received(system)).received_bytes == 0
    assert await system.kept.forget_uploads() == 1
    assert await system.kept.forget_uploads() == 0
    assert await system.count(StatementUploadChunkRow) == 0


async def test_a_file_that_is_refused_leaves_nothing_behind(system: System):
    await refused(system.statements.IngestStatement(iter(parts(BIG.replace(b"`12.00", b"`12.0x", 1)))))

    assert await system.count(StatementUploadRow) == 0
    assert await system.count(StatementRow) == 0
    assert await system.count(StatementFileChunkRow) == 0


async def test_a_small_file_is_never_kept_as_an_upload(system: System):
    await broken_off(system, a_bill(a_bill_row(1)), 300)

    assert (await received(system)).received_bytes == 0
    assert await system.count(StatementUploadRow) == 0


async def test_of_two_calls_with_one_upload_the_later_one_keeps_it_and_the_earlier_one_may_still_load(system: System):
    header, *rest = parts(BIG)

    async def overtaken():
        yield header
        for part in rest[:5]:
            yield part
        await broken_off(system, BIG, CHUNK_BYTES + 1000)
        for part in rest[5:]:
            yield part

    loaded = (await system.statements.IngestStatement(overtaken())).statement

    assert loaded.file_sha256 == hashlib.sha256(BIG).hexdigest()


async def test_files_of_the_release_before_are_sealed_one_at_a_time_and_their_open_bytes_are_gone(system: System):
    old = a_bill(a_bill_row(1))
    values = {"file_sha256": hashlib.sha256(old).hexdigest(), "content": old}
    async with system.sessions.begin() as session:
        await session.execute(insert(StatementFileRow).values(**values))

    assert [await system.sealing.seal_files() for _ in range(2)] == [1, 0]

    assert opened(system, old, await chunks_of(system, old)) == old
    async with system.sessions() as session:
        (file,) = await session.scalars(select(StatementFileRow))
    assert (file.content, file.size_bytes) == (None, len(old))
