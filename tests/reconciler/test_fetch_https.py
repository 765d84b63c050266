"""fetch/https.py against a real server: a file comes whole or it is said why it did not."""

import asyncio
import base64
import hashlib
import resource
import signal
from datetime import date

import pytest
from starlette.responses import PlainTextResponse, RedirectResponse, Response, StreamingResponse

from services.reconciler.domain.fetch import Cause
from services.reconciler.fetch import Came, FetchLimits, NotCame
from services.reconciler.fetch.https import HttpsFetcher
from services.reconciler.fetch.source import Https
from services.reconciler.spool import Spool
from tests.support.statement_servers import TOKEN, certificate, https_peer, raw_https_peer

DAY = date(2026, 3, 1)
FILE = b"a,b\r\n1,2\r\n" * 1_000
LIMITS = FetchLimits(bytes_max=1_000_000, seconds_max=5)


@pytest.fixture
async def peer(tmp_path):
    async with https_peer(tmp_path) as running:
        yield running


async def fetched(place: Https, limits: FetchLimits = LIMITS) -> tuple[Came | NotCame, bytes]:
    async with Spool() as spool:
        outcome = await HttpsFetcher(place, limits).fetch(DAY, spool)
        return outcome, spool.source().read_at(0, spool.size)


async def cause_of(place: Https, limits: FetchLimits = LIMITS) -> Cause:
    outcome, _ = await fetched(place, limits)
    assert isinstance(outcome, NotCame), outcome
    assert TOKEN not in outcome.detail
    return outcome.cause


async def test_a_file_comes_as_it_is_by_its_day_and_with_the_secret(peer):
    peer.answer = lambda _: Response(FILE)

    outcome, content = await fetched(peer.place())

    assert (outcome, content) == (Came("2026-03-01.csv"), FILE)
    (request,) = peer.came
    assert request.url.path == "/bills/2026-03-01.csv"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_secret_may_have_a_header_of_its_own(peer):
    peer.answer = lambda _: Response(FILE)

    await fetched(peer.place(header="X-Api-Key", header_prefix=""))

    assert peer.came[0].headers["x-api-key"] == TOKEN
    assert "authorization" not in peer.came[0].headers


async def test_a_body_that_says_that_it_is_packed_is_left_to_the_engine(peer):
    peer.answer = lambda _: Response(b"\x1f\x8b packed", headers={"Content-Encoding": "gzip"})

    outcome, content = await fetched(peer.place())

    assert (type(outcome), content) == (Came, b"\x1f\x8b packed")


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (404, Cause.NOT_THERE),
        (204, Cause.NOT_THERE),
        (401, Cause.LOGIN),
        (403, Cause.LOGIN),
        (429, Cause.UNREACHABLE),
        (503, Cause.UNREACHABLE),
        (418, Cause.ANSWER),
        (206, Cause.ANSWER),
    ],
)
async def test_each_answer_without_a_file_has_its_cause(peer, status: int, cause: Cause):
    peer.answer = lambda _: Response(status_code=status)

    assert await cause_of(peer.place()) is cause


async def test_a_server_that_nobody_vouches_for_gets_no_secret(peer, tmp_path):
    _, other_ca = certificate(tmp_path / "other")

    cause = await cause_of(peer.place(ca_file=other_ca))

    assert cause is Cause.CERTIFICATE
    assert peer.came == []


async def test_a_certificate_of_another_host_is_not_believed(peer):
    url = peer.url.replace("127.0.0.1", "localhost") + "/{date}"

    assert await cause_of(peer.place(url=url)) is Cause.CERTIFICATE
    assert peer.came == []


async def test_a_redirect_on_the_same_host_is_followed(peer):
    peer.answer = lambda request: (
        Response(FILE) if request.url.path == "/there.csv" else RedirectResponse(f"{peer.url}/there.csv")
    )

    outcome, content = await fetched(peer.place())

    assert (type(outcome), content) == (Came, FILE)


@pytest.mark.parametrize("address", ["http://127.0.0.1:9/x", "https://169.254.169.254/x", "//localhost/x"])
async def test_a_redirect_to_anywhere_else_is_refused(peer, address: str):
    peer.answer = lambda _: RedirectResponse(address)

    assert await cause_of(peer.place()) is Cause.REDIRECT
    assert len(peer.came) == 1


async def test_redirects_have_an_end(peer):
    peer.answer = lambda request: RedirectResponse(f"{peer.url}{request.url.path}x")

    assert await cause_of(peer.place()) is Cause.REDIRECT
    assert len(peer.came) == 4


async def test_a_body_that_breaks_off_is_no_file(tmp_path):
    async def cut(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + FILE[:5_000])
        await writer.drain()

    async with raw_https_peer(tmp_path, cut) as peer:
        assert await cause_of(peer.place()) is Cause.TRUNCATED


async def test_a_body_without_a_length_is_no_file_unless_a_digest_vouches_for_it(tmp_path):
    digest = hashlib.sha256(FILE).hexdigest().encode()

    async def endless(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nX-Sha: " + digest + b"\r\n\r\n" + FILE)
        await writer.drain()

    async with raw_https_peer(tmp_path, endless) as peer:
        assert await cause_of(peer.place()) is Cause.TRUNCATED
        outcome, content = await fetched(peer.place(digest_header="X-Sha"))

    assert (type(outcome), content) == (Came, FILE)


async def test_a_body_in_chunks_tells_its_end_itself(peer):
    async def chunks():
        for start in range(0, len(FILE), 1_000):
            yield FILE[start : start + 1_000]

    peer.answer = lambda _: StreamingResponse(chunks())

    outcome, content = await fetched(peer.place())

    assert (type(outcome), content) == (Came, FILE)


@pytest.mark.parametrize("told", [True, False])
async def test_a_file_beyond_the_limit_is_not_taken(peer, told: bool):
    async def chunks():
        for start in range(0, len(FILE), 1_000):
            yield FILE[start : start + 1_000]

    peer.answer = lambda _: Response(FILE) if told else StreamingResponse(chunks())

    outcome, content = await fetched(peer.place(), FetchLimits(bytes_max=5_000, seconds_max=5))

    assert isinstance(outcome, NotCame)
    assert outcome.cause is Cause.TOO_LARGE
    assert len(content) <= 5_000


async def test_a_server_that_never_ends_is_left_in_time(tmp_path):
    async def drip(writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with raw_https_peer(tmp_path, drip) as peer:
        assert await cause_of(peer.place(), FetchLimits(bytes_max=1_000, seconds_max=0.4)) is Cause.TIMEOUT


async def test_a_port_where_nobody_listens_is_unreachable(peer):
    assert await cause_of(peer.place(url="https://127.0.0.1:9/{date}")) is Cause.UNREACHABLE


@pytest.mark.parametrize(
    ("digest", "header"),
    [
        ("sha256", hashlib.sha256(FILE).hexdigest()),
        ("sha256", hashlib.sha256(FILE).hexdigest().upper()),
        ("sha256", base64.b64encode(hashlib.sha256(FILE).digest()).decode()),
        ("sha256", f"sha-256=:{base64.b64encode(hashlib.sha256(FILE).digest()).decode()}:"),
        ("sha1", hashlib.sha1(FILE, usedforsecurity=False).hexdigest()),
    ],
)
async def test_a_digest_is_read_in_each_of_its_forms(peer, digest: str, header: str):
    peer.answer = lambda _: Response(FILE, headers={"X-Digest": header})

    outcome, _ = await fetched(peer.place(digest_header="X-Digest", digest=digest))

    assert isinstance(outcome, Came)


@pytest.mark.parametrize("headers", [{}, {"X-Digest": "0" * 64}, {"X-Digest": "???"}])
async def test_bytes_that_are_not_those_of_the_digest_are_no_file(peer, headers: dict[str, str]):
    peer.answer = lambda _: Response(FILE, headers=headers)

    assert await cause_of(peer.place(digest_header="X-Digest")) is Cause.DIGEST


async def test_a_new_secret_counts_from_the_next_try_on_and_a_lost_one_is_told(peer):
    peer.answer = lambda request: PlainTextResponse(request.headers["authorization"])

    peer.secret_file.write_text("token-2")
    _, content = await fetched(peer.place())
    peer.secret_file.unlink()

    assert content == b"Bearer token-2"
    assert await cause_of(peer.place()) is Cause.SECRET


async def test_a_disk_that_is_full_is_our_own_fault(peer):
    peer.answer = lambda _: Response(FILE)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        async with Spool() as spool:
            resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
            outcome = await HttpsFetcher(peer.place(), LIMITS).fetch(DAY, spool)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)

    assert isinstance(outcome, NotCame)
    assert outcome.cause is Cause.KEEPING
