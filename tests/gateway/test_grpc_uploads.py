"""Files by gRPC: a header, chunks and an end, each looked at on its way, never held whole."""

import asyncio

import grpc
import pytest
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2, statement_service_pb2_grpc
from sqlalchemy import text

from chassis.errors import Fault, Kind
from tests.gateway.conftest import UPLOAD_BYTES_MAX
from tests.support.called import called
from tests.support.eventually import eventually

INGEST = "bihuan.reconciler.v1.StatementService.IngestStatement"
Part = statement_service_pb2.IngestStatementRequest


def _header(**fields) -> Part:
    usual = {"request_id": "request-0001", "file_name": "账单.csv"}
    part = Part()
    part.header.SetInParent()
    for name, value in (usual | fields).items():
        setattr(part.header, name, value)
    return part


def _end(size_bytes: int) -> Part:
    part = Part()
    part.end.size_bytes = size_bytes
    return part


def _key(peer) -> dict[str, str]:
    return {"authorization": peer.plain.headers["authorization"]}


def _taking(taken: list, ended: list):
    """As the contract has it: what comes without an end is refused whole."""

    async def answer(requests, context):
        parts = [part async for part in requests]
        taken.extend(parts)
        ended.append(bool(parts) and parts[-1].WhichOneof("part") == "end")
        if not ended[-1]:
            raise Fault(Kind.INVALID, "INVALID_FIELD", "the file did not come whole", "文件未完整送达")
        return statement_service_pb2.IngestStatementResponse(statement=statement_pb2.Statement(statement_id="st_1"))

    return answer


async def _outcomes(peer) -> list[tuple[str, list[str]]]:
    async with peer.gateway.engine.connect() as connection:
        rows = await connection.execute(
            text(f"SELECT outcome, resource_ids FROM audit_record WHERE method = '{INGEST}'")
        )
        return [(row.outcome, row.resource_ids) for row in rows]


async def test_a_file_goes_through_as_it_came_and_stands_in_the_audit(peer, upstream):
    taken, ended = [], []
    upstream.answers["IngestStatement"] = _taking(taken, ended)
    chunks = [bytes([number]) * 200_000 for number in range(5)]

    told = await called(
        peer.grpc_target,
        INGEST,
        [_header(request_id=""), *(Part(chunk=chunk) for chunk in chunks), _end(1_000_000)],
        _key(peer) | {"idempotency-key": "request-0007"},
    )

    assert (told.code, told.answer.statement.statement_id) == (grpc.StatusCode.OK, "st_1")
    assert (taken[0].header.request_id, taken[0].header.file_name) == ("request-0007", "账单.csv")
    assert [part.chunk for part in taken[1:-1]] == chunks
    assert ended == [True]
    assert await _outcomes(peer) == [("OK", ["st_1"])]


@pytest.mark.parametrize(
    "parts",
    [
        [Part(chunk=b"x"), _end(1)],
        [_header(), Part(chunk=b"x"), _header(request_id="request-0002"), _end(1)],
        [_header(), Part(chunk=b"x"), _end(1), Part(chunk=b"y")],
        [_header(), Part(), _end(0)],
        [_header(), b"\xff\xff", _end(0)],
        [],
    ],
    ids=["no header", "a second header", "something behind the end", "an empty part", "no message", "nothing"],
)
async def test_what_is_no_upload_never_becomes_a_whole_file(peer, upstream, parts):
    taken, ended = [], []
    upstream.answers["IngestStatement"] = _taking(taken, ended)

    told = await called(peer.grpc_target, INGEST, parts, _key(peer))

    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "MALFORMED_REQUEST")
    assert True not in ended
    assert all(part.header.request_id in ("", "request-0001") for part in taken)


async def test_a_file_over_the_limit_is_refused_here_and_made_to_be_refused_there(peer, upstream):
    taken, ended = [], []
    upstream.answers["IngestStatement"] = _taking(taken, ended)
    mebibyte = Part(chunk=bytes(1_000_000))
    count = UPLOAD_BYTES_MAX // 1_000_000 + 1

    told = await called(peer.grpc_target, INGEST, [_header(), *[mebibyte] * count, _end(count * 1_000_000)], _key(peer))

    assert (told.code, told.reason) == (grpc.StatusCode.INVALID_ARGUMENT, "TOO_LARGE")
    assert ended == [False]


async def test_what_the_service_refuses_early_is_told_though_more_is_sent(peer, upstream):
    async def refuse(requests, context):
        async for _ in requests:
            break
        raise Fault(Kind.INVALID, "STATEMENT_REFUSED", "no", "拒绝", metadata={"line": "3"})

    upstream.answers["IngestStatement"] = refuse
    chunks = [Part(chunk=bytes(500_000)) for _ in range(12)]

    told = await called(peer.grpc_target, INGEST, [_header(), *chunks, _end(6_000_000)], _key(peer))

    assert (told.code, told.reason, told.details_zh) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "STATEMENT_REFUSED",
        "拒绝",
    )


async def test_who_may_not_is_refused_before_anything_of_the_file_goes_on(peer, upstream):
    made = await peer.admin.post(
        "/v1/apiKeys", json={"displayName": "till", "roles": ["cashier"], "merchantIds": ["m"]}
    )
    till = {"authorization": f"Bearer {made.json()['token']}"}

    told = await called(peer.grpc_target, INGEST, [_header(), Part(chunk=b"x"), _end(1)], till)

    assert (told.code, told.reason) == (grpc.StatusCode.PERMISSION_DENIED, "PERMISSION_DENIED")
    assert upstream.calls == []


async def test_a_stream_that_is_killed_in_the_middle_is_no_file_and_is_written_down_as_refused(peer, upstream):
    taken, ended = [], []
    upstream.answers["IngestStatement"] = _taking(taken, ended)

    async def half():
        yield _header()
        yield Part(chunk=bytes(100_000))
        await asyncio.Event().wait()

    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        stub = statement_service_pb2_grpc.StatementServiceStub(channel)
        call = stub.IngestStatement(half(), metadata=list(_key(peer).items()), timeout=60)
        await eventually(lambda: upstream.calls, timeout_seconds=20)
        call.cancel()
    outcomes = await eventually(lambda: _outcomes(peer), timeout_seconds=20)

    assert [outcome for outcome, _ in outcomes] == ["INVALID_FIELD"]
    assert ended == [False]
