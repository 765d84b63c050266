"""A statement's bytes through the gateway, never held whole."""

import asyncio
import hashlib

from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from chassis.errors import Fault, Kind
from services.gateway.transcode import CHUNK_BYTES_MAX
from tests.gateway.conftest import UPLOAD_BYTES_MAX
from tests.support.eventually import eventually

KEY = {"idempotency-key": "request-0001"}


def _taking(parts: list):
    async def answer(requests, context):
        parts.extend([part async for part in requests])
        content = b"".join(part.chunk for part in parts)
        statement = statement_pb2.Statement(file_sha256=hashlib.sha256(content).hexdigest())
        return statement_service_pb2.IngestStatementResponse(statement=statement)

    return answer


async def test_the_header_goes_first_and_the_bytes_follow_in_small_parts(peer, upstream):
    parts: list = []
    upstream.answers["IngestStatement"] = _taking(parts)
    content = bytes(range(256)) * 8_000

    answer = await peer.plain.post("/v1/statements:ingest?fileName=账单.csv", content=content, headers=KEY)

    assert answer.status_code == 200
    assert answer.json()["statement"]["fileSha256"] == hashlib.sha256(content).hexdigest()
    assert (parts[0].header.request_id, parts[0].header.file_name) == ("request-0001", "账单.csv")
    assert {part.WhichOneof("part") for part in parts[1:-1]} == {"chunk"}
    assert max(len(part.chunk) for part in parts[1:]) <= CHUNK_BYTES_MAX
    assert parts[-1].end.size_bytes == len(content)


async def test_an_empty_file_is_still_a_header_and_an_end_for_the_service_to_judge(peer, upstream):
    parts: list = []
    upstream.answers["IngestStatement"] = _taking(parts)

    await peer.plain.post("/v1/statements:ingest", content=b"", headers=KEY)

    assert [part.WhichOneof("part") for part in parts] == ["header", "end"]


async def test_an_upload_without_a_key_names_the_header_that_cures_it(peer, upstream):
    upstream.answers["IngestStatement"] = _taking([])

    answer = await peer.plain.post("/v1/statements:ingest", content=b"x")

    assert (answer.status_code, answer.json()["reason"]) == (400, "INVALID_FIELD")
    assert "Idempotency-Key" in answer.json()["detail"]


async def test_an_unknown_parameter_of_an_upload_is_refused(peer, upstream):
    answer = await peer.plain.post("/v1/statements:ingest?filename=a", content=b"x", headers=KEY)

    assert answer.status_code == 400
    assert "did you mean fileName?" in answer.json()["detail"]
    assert upstream.calls == []


async def test_what_the_service_refuses_early_is_told_though_bytes_are_left(peer, upstream):
    async def refuse(requests, context):
        async for _ in requests:
            break
        raise Fault(Kind.INVALID, "STATEMENT_REFUSED", "no", "拒绝", metadata={"line": "3"})

    upstream.answers["IngestStatement"] = refuse
    answer = await peer.plain.post("/v1/statements:ingest", content=bytes(4_000_000), headers=KEY)

    assert (answer.status_code, answer.json()["reason"]) == (400, "STATEMENT_REFUSED")
    assert answer.json()["metadata"] == {"line": "3"}


def _strict(loaded: list, refused: list):
    """As the contract has it: without an end the whole file is refused."""

    async def answer(requests, context):
        last = [part async for part in requests][-1]
        if last.WhichOneof("part") != "end":
            refused.append(True)
            raise Fault(Kind.INVALID, "INVALID_FIELD", "the file did not come whole", "文件未完整送达")
        loaded.append(True)
        return statement_service_pb2.IngestStatementResponse()

    return answer


async def test_a_file_over_the_limit_is_refused_and_the_service_is_made_to_refuse_it_too(peer, upstream):
    loaded, refused = [], []
    upstream.answers["IngestStatement"] = _strict(loaded, refused)

    async def too_much():
        for _ in range(UPLOAD_BYTES_MAX // 1_048_576 + 1):
            yield bytes(1_048_576)

    answer = await peer.plain.post("/v1/statements:ingest", content=too_much(), headers=KEY)

    assert (answer.status_code, answer.json()["reason"]) == (413, "TOO_LARGE")
    assert (loaded, refused) == ([], [True])


async def test_a_caller_who_leaves_in_the_middle_does_not_make_a_complete_file(peer, upstream):
    loaded, refused = [], []
    upstream.answers["IngestStatement"] = _strict(loaded, refused)
    _, writer = await asyncio.open_connection("127.0.0.1", peer.gateway.outside.port)
    head = (
        f"POST /v1/statements:ingest HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {peer.admin_token}\r\n"
        "idempotency-key: request-0001\r\ncontent-length: 1000000\r\n\r\n"
    )

    writer.write(head.encode() + bytes(100_000))
    await eventually(lambda: upstream.calls)
    writer.close()
    await writer.wait_closed()

    await eventually(lambda: refused)
    assert not loaded


async def test_a_check_goes_as_a_load_does_but_needs_no_key_since_it_stores_nothing(peer, upstream):
    parts: list = []

    async def answer(requests, context):
        parts.extend([part async for part in requests])
        report = statement_pb2.StatementReport(profile_id="wechat_pay.trade", account_no="6222020200112233")
        return statement_service_pb2.CheckStatementResponse(report=report)

    upstream.answers["CheckStatement"] = answer
    path = "/v1/statements:check?fileName=a.csv&channel=boc&profileId=boc.debit"

    answer = await peer.plain.post(path, content=b"1,2\n")

    assert answer.status_code == 200
    assert answer.json()["report"]["profileId"] == "wechat_pay.trade"
    assert answer.json()["report"]["accountNo"] == "****2233"
    header = parts[0].header
    assert (header.file_name, header.channel, header.profile_id) == ("a.csv", "boc", "boc.debit")
    assert [part.WhichOneof("part") for part in parts] == ["header", "chunk", "end"]


async def test_an_upload_that_broke_off_goes_on_where_the_query_says(peer, upstream):
    parts: list = []
    upstream.answers["IngestStatement"] = _taking(parts)

    await peer.plain.post("/v1/statements:ingest?resumeFromBytes=1048576", content=b"rest", headers=KEY)

    assert parts[0].header.resume_from_bytes == 1_048_576
    assert parts[-1].end.size_bytes == 4


async def test_how_far_an_upload_is_can_be_asked_by_its_key(peer, upstream):
    async def answer(request, context):
        return statement_service_pb2.GetUploadResponse(received_bytes=2_097_152)

    upstream.answers["GetUpload"] = answer

    told = await peer.plain.get("/v1/statement-uploads/request-0001")

    assert told.json() == {"receivedBytes": "2097152", "statementId": ""}
    assert upstream.last().request_id == "request-0001"


async def test_the_gateway_never_holds_the_file_that_goes_through_it(peer, upstream):
    taken = asyncio.Event()

    async def slow(requests, context):
        async for _ in requests:
            await taken.wait()
        return statement_service_pb2.IngestStatementResponse()

    sent = 0

    async def endless():
        nonlocal sent
        for _ in range(UPLOAD_BYTES_MAX // 1_048_576):
            sent += 1
            yield bytes(1_048_576)

    upstream.answers["IngestStatement"] = slow
    upload = asyncio.create_task(peer.plain.post("/v1/statements:ingest", content=endless(), headers=KEY))
    await eventually(lambda: upstream.calls)
    # Whoever reads slowly slows the sender down: what is under way fits into the buffers of four sockets.
    await eventually(_stands_still(lambda: sent))
    assert sent < UPLOAD_BYTES_MAX // 1_048_576
    taken.set()

    assert (await upload).status_code == 200


def _stands_still(count):
    seen: list[int] = []

    def still() -> bool:
        seen.append(count())
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    return still
