"""fetch/sftp.py against a real server: a file comes whole or it is said why it did not."""

import asyncio
import os
from datetime import date

import asyncssh
import pytest

from services.reconciler.domain.fetch import Cause
from services.reconciler.fetch import Came, FetchLimits, NotCame
from services.reconciler.fetch.sftp import SftpFetcher
from services.reconciler.fetch.source import Sftp
from services.reconciler.spool import Spool
from tests.support.statement_servers import PASSWORD, sftp_peer, stalling

DAY = date(2026, 3, 1)
FILE = b"a,b\r\n1,2\r\n" * 300_000
LIMITS = FetchLimits(bytes_max=10_000_000, seconds_max=5)


@pytest.fixture
async def peer(tmp_path):
    async with sftp_peer(tmp_path) as running:
        yield running


async def fetched(place: Sftp, limits: FetchLimits = LIMITS) -> tuple[Came | NotCame, bytes]:
    async with Spool() as spool:
        outcome = await SftpFetcher(place, limits).fetch(DAY, spool)
        return outcome, spool.source().read_at(0, spool.size)


async def cause_of(place: Sftp, limits: FetchLimits = LIMITS) -> Cause:
    outcome, _ = await fetched(place, limits)
    assert isinstance(outcome, NotCame), outcome
    assert PASSWORD not in outcome.detail
    return outcome.cause


async def test_a_file_comes_by_key(peer):
    (peer.folder / "out/bill_20260301.csv").write_bytes(FILE)

    outcome, content = await fetched(peer.place())

    assert (outcome, content == FILE) == (Came("bill_20260301.csv"), True)


async def test_a_file_comes_by_password_from_a_folder_of_its_day(peer):
    (peer.folder / "out/202603").mkdir()
    (peer.folder / "out/202603/bill.csv").write_bytes(FILE)
    place = peer.place(
        key_file=None, password_file=peer.keys / "password", directory="/out/{date:%Y%m}", name="bill.csv"
    )

    outcome, content = await fetched(place)

    assert (outcome, content == FILE) == (Came("bill.csv"), True)


async def test_a_server_with_another_key_gets_neither_password_nor_trust(peer):
    (peer.folder / "out/bill_20260301.csv").write_bytes(FILE)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()

    assert await cause_of(peer.place(host_keys=(other,))) is Cause.HOST_KEY


async def test_one_of_several_pinned_keys_is_enough_so_that_a_key_can_be_changed(peer):
    (peer.folder / "out/bill_20260301.csv").write_bytes(FILE)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode()

    outcome, _ = await fetched(peer.place(host_keys=(other, peer.host_key)))

    assert isinstance(outcome, Came)


async def test_a_wrong_password_and_a_wrong_key_are_told(peer):
    (peer.keys / "wrong").write_text("not it")
    asyncssh.generate_private_key("ssh-ed25519").write_private_key(peer.keys / "stranger")

    assert await cause_of(peer.place(key_file=None, password_file=peer.keys / "wrong")) is Cause.LOGIN
    assert await cause_of(peer.place(key_file=peer.keys / "stranger")) is Cause.LOGIN


async def test_a_secret_that_cannot_be_read_is_told_without_its_text(peer):
    (peer.keys / "broken").write_text(PASSWORD)

    assert await cause_of(peer.place(key_file=peer.keys / "broken")) is Cause.SECRET
    assert await cause_of(peer.place(key_file=peer.keys / "nowhere")) is Cause.SECRET


async def test_what_is_not_there_yet_is_not_there(peer):
    (peer.folder / "out/bill_20260302.csv").write_bytes(FILE)

    assert await cause_of(peer.place()) is Cause.NOT_THERE
    assert await cause_of(peer.place(directory="/nowhere")) is Cause.NOT_THERE
    assert await cause_of(peer.place(name="bill_{date:%Y%m%d}_*.csv")) is Cause.NOT_THERE


async def test_a_name_with_a_wildcard_has_to_be_of_one_file(peer):
    (peer.folder / "out/bill_20260301_a7.csv").write_bytes(FILE)
    (peer.folder / "out/bill_20260301_folder.csv").mkdir()
    (peer.folder / "out/bill_20260302_b1.csv").write_bytes(FILE)
    (peer.folder / os.fsdecode(b"out/bill_20260301_" + "账单.csv".encode("gbk"))).write_bytes(FILE)
    place = peer.place(name="bill_{date:%Y%m%d}_*.csv")

    one, _ = await fetched(place)
    (peer.folder / "out/bill_20260301_a8.csv").write_bytes(FILE)

    assert one == Came("bill_20260301_a7.csv")
    assert await cause_of(place) is Cause.MANY


async def test_a_file_that_still_grows_is_not_taken(peer):
    path = peer.folder / "out/bill_20260301.csv"
    path.write_bytes(FILE)

    async def grow() -> None:
        with path.open("ab") as file:
            file.write(b"3,4\r\n")

    peer.before_read = grow
    growing = await cause_of(peer.place())
    peer.before_read = None
    outcome, content = await fetched(peer.place())

    assert growing is Cause.GROWING
    assert (type(outcome), content == path.read_bytes()) == (Came, True)


async def test_a_file_that_grows_after_it_was_copied_is_not_taken(peer):
    path = peer.folder / "out/bill_20260301.csv"
    path.write_bytes(b"a,b\r\n")

    async def grow_soon() -> None:
        peer.before_read = None
        asyncio.get_running_loop().call_later(0.2, path.write_bytes, b"a,b\r\n1,2\r\n")

    peer.before_read = grow_soon

    assert await cause_of(peer.place(stable_seconds=1)) is Cause.GROWING


async def test_a_done_marker_says_when_the_file_is_whole(peer):
    (peer.folder / "out/bill_20260301_a7.csv").write_bytes(FILE)
    place = peer.place(name="bill_{date:%Y%m%d}_*", done_marker="{name}.ok", stable_seconds=600)

    before = await cause_of(place)
    (peer.folder / "out/bill_20260301_a7.csv.ok").touch()
    outcome, content = await fetched(place)

    assert before is Cause.GROWING
    assert (outcome, content == FILE) == (Came("bill_20260301_a7.csv"), True)


async def test_a_file_beyond_the_limit_is_not_taken(peer):
    (peer.folder / "out/bill_20260301.csv").write_bytes(FILE)

    assert await cause_of(peer.place(), FetchLimits(bytes_max=1_000, seconds_max=5)) is Cause.TOO_LARGE


@pytest.mark.parametrize("answer_bytes", [0, 1_000, 500_000])
async def test_a_server_that_hangs_at_any_moment_is_left_in_time(peer, answer_bytes: int):
    (peer.folder / "out/bill_20260301.csv").write_bytes(FILE)

    async with stalling(peer.port, answer_bytes) as port:
        cause = await cause_of(peer.place(port=port), FetchLimits(bytes_max=10_000_000, seconds_max=0.7))

    assert cause is Cause.TIMEOUT


async def test_a_port_where_nobody_listens_is_unreachable(peer):
    assert await cause_of(peer.place(port=9)) is Cause.UNREACHABLE
