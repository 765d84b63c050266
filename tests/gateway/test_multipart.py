"""A file in a form goes through as a raw one does: in parts, never held, and refused whole when it is not whole."""

import asyncio
import hashlib

import pytest
from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from chassis.errors import Fault, Kind
from services.gateway.multipart import Form
from services.gateway.transcode import CHUNK_BYTES_MAX
from tests.gateway.conftest import UPLOAD_BYTES_MAX
from tests.support.eventually import eventually

KEY = {"idempotency-key": "request-0001"}
BOUNDARY = "----abc"
FORM = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def _part(name: str, value: bytes, more: str = "") -> bytes:
    return f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'.encode() + value + b"\r\n"


def _form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def _file(content: bytes, name: str = "file") -> bytes:
    return _part(name, content, '; filename="bill.csv"')


def _taking(parts: list):
    async def answer(requests, context):
        parts.extend([part async for part in requests])
        if parts[-1].WhichOneof("part") != "end":
            raise Fault(Kind.INVALID, "INVALID_FIELD", "the file did not come whole", "文件未完整送达")
        content = b"".join(part.chunk for part in parts)
        statement = statement_pb2.Statement(file_sha256=hashlib.sha256(content).hexdigest())
        return statement_service_pb2.IngestStatementResponse(statement=statement)

    return answer


async def test_a_form_as_any_http_library_sends_it_is_an_upload_with_its_fields_as_parameters(peer, upstream):
    parts: list = []
    upstream.answers["IngestStatement"] = _taking(parts)
    content = bytes(range(256)) * 8_000 + f"\r\n--{BOUNDARY}x\r\n".encode()

    answer = await peer.plain.post(
        "/v1/statements:ingest", data={"channel": "boc"}, files={"file": ("账单.csv", content)}, headers=KEY
    )

    assert answer.status_code == 200, answer.text
    assert answer.json()["statement"]["fileSha256"] == hashlib.sha256(content).hexdigest()
    header = parts[0].header
    assert (header.request_id, header.file_name, header.channel) == ("request-0001", "账单.csv", "boc")
    assert max(len(part.chunk) for part in parts[1:]) <= CHUNK_BYTES_MAX
    assert parts[-1].end.size_bytes == len(content)


async def test_what_the_query_says_counts_before_the_name_of_the_file(peer, upstream):
    parts: list = []
    upstream.answers["IngestStatement"] = _taking(parts)

    await peer.plain.post("/v1/statements:ingest?fileName=a.csv", content=_form(_file(b"1")), headers=KEY | FORM)

    assert parts[0].header.file_name == "a.csv"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_form(_part("channel", b"boc")), "no part file"),
        (_form(), "no part file"),
        (b"", "no part file"),
        (b"not a form", "RFC 7578"),
        (_form(_file(b"1", "upload")), "must be called file"),
        (_form(_part("chanel", b"boc"), _file(b"1")), "did you mean channel?"),
        (_form(_part("channel", b"x" * 5_000), _file(b"1")), "larger than 4096"),
        (_form(*[_part("channel", b"b")] * 40, _file(b"1")), "more than 32"),
        (_form(_part("channel", b"\xff"), _file(b"1")), "not UTF-8"),
        (_form(_part("channel", b"x", "; " + "a" * 9_000), _file(b"1")), "RFC 7578"),
    ],
)
async def test_a_form_that_is_none_or_says_too_much_is_refused_before_anyone_is_called(peer, upstream, body, words):
    answer = await peer.plain.post("/v1/statements:ingest", content=body, headers=KEY | FORM)

    assert (answer.status_code, answer.json()["reason"]) == (400, "MALFORMED_REQUEST")
    assert words in answer.json()["detail"]
    assert upstream.calls == []


@pytest.mark.parametrize("boundary", ["", "; boundary=", f"; boundary={'b' * 71}"])
async def test_a_form_without_a_usable_boundary_is_refused(peer, upstream, boundary):
    headers = KEY | {"content-type": f"multipart/form-data{boundary}"}

    assert (await peer.plain.post("/v1/statements:ingest", content=b"x", headers=headers)).status_code == 400


@pytest.mark.parametrize("body", [_form(_file(b"1"))[:-8], _form(_file(b"1"), _part("channel", b"boc"))])
async def test_a_form_that_breaks_off_or_goes_on_behind_its_file_makes_no_whole_file(peer, upstream, body):
    parts: list = []
    upstream.answers["IngestStatement"] = _taking(parts)

    answer = await peer.plain.post("/v1/statements:ingest", content=body, headers=KEY | FORM)

    assert (answer.status_code, answer.json()["reason"]) == (400, "MALFORMED_REQUEST")
    assert "end" not in {part.WhichOneof("part") for part in parts}


async def test_the_gateway_never_holds_the_file_of_a_form(peer, upstream):
    taken = asyncio.Event()

    async def slow(requests, context):
        async for _ in requests:
            await taken.wait()
        return statement_service_pb2.IngestStatementResponse()

    sent = 0

    async def large():
        nonlocal sent
        yield _file(b"")[:-2]
        for _ in range(UPLOAD_BYTES_MAX // 1_048_576):
            sent += 1
            yield bytes(1_048_576)
        yield b"\r\n" + _form()

    upstream.answers["IngestStatement"] = slow
    upload = asyncio.create_task(peer.plain.post("/v1/statements:ingest", content=large(), headers=KEY | FORM))
    await eventually(lambda: upstream.calls)
    seen: list[int] = []

    def stands_still() -> bool:
        seen.append(sent)
        return len(seen) > 20 and len(set(seen[-20:])) == 1

    await eventually(stands_still)
    assert sent < UPLOAD_BYTES_MAX // 1_048_576
    taken.set()
    assert (await upload).status_code == 200


@pytest.mark.parametrize("size", [1, 2, 3, 7, 4_096])
async def test_a_form_means_the_same_however_its_bytes_are_cut(size):
    content = b"\r\n--\r\n" + f"--{BOUNDARY}".encode()[:-1] + b"\r\n"
    body = _form(_part("channel", "中行".encode()), _file(content))

    async def stream():
        for start in range(0, len(body), size):
            yield body[start : start + size]

    form = Form(FORM["content-type"], stream())

    assert await form.fields() == [("channel", "中行")]
    assert form.file_name == "bill.csv"
    assert b"".join([piece async for piece in form.file()]) == content
