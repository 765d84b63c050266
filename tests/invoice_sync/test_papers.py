"""The XML and PDF of invoices: made once they are in the books, and the archive that keeps both twice."""

import contextlib
import hashlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from bihuan.invoice_sync.v1 import paper_pb2, paper_service_pb2
from sqlalchemy.exc import DBAPIError

from services.invoice_sync.domain.archive import Found, PaperKind, judge, key_of
from services.invoice_sync.domain.original import read_xml
from services.invoice_sync.paper.places import Place, S3Access, open_places
from services.invoice_sync.store import cases, copies, papers
from tests.invoice_sync.builders import InvoiceSync
from tests.invoice_sync.paper_bench import VERIFY_SECONDS, PaperBench, paper_bench
from tests.support.eventually import eventually

_RCLONE = Path(sys.executable).parent / "rclone"


@dataclass
class Bucket:
    """A real S3-speaking server over a folder; `folder` is its bucket."""

    endpoint: str
    folder: Path
    access: S3Access


@pytest.fixture(scope="session")
def s3(tmp_path_factory) -> Iterator[Bucket]:
    folder = tmp_path_factory.mktemp("s3")
    (folder / "invoices").mkdir()
    credential = folder.parent / "s3.credential"
    credential.write_text("archive-key\narchive-secret\n", "ascii")
    with contextlib.closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [_RCLONE, "serve", "s3", "--addr", f"127.0.0.1:{port}", "--auth-key", "archive-key,archive-secret"]
    command += ["--dir-cache-time", "1ms"]  # a hand in its folder is seen at once
    environment = {**os.environ, "RCLONE_CONFIG": str(folder.parent / "none.conf")}
    process = subprocess.Popen([*command, str(folder)], env=environment, stderr=subprocess.DEVNULL)
    try:
        endpoint = f"http://127.0.0.1:{port}"
        yield Bucket(endpoint, folder / "invoices", S3Access(endpoint, "us-east-1", str(credential)))
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
async def places(s3: Bucket, tmp_path: Path) -> list[Place]:
    """A folder, and a bucket over the network."""
    made = open_places([("first", f"file://{tmp_path}/archive"), ("second", "s3://invoices")], s3.access)

    async def answers() -> bool:
        with contextlib.suppress(Exception):
            return await made[1].read("none") is None
        return False

    await eventually(answers)
    return made


async def test_a_booked_invoice_has_its_xml_and_a_pdf_of_it_and_two_whole_copies_of_both(
    system: InvoiceSync, door, places
):
    bench = paper_bench(system.tools, places=places, with_pdf=True)
    invoice = await system.booked()

    assert await bench.papers.make_due() == 1
    await _kept(bench)

    xml = await bench.papers.read_paper(invoice.invoice_id, PaperKind.XML)
    pdf = await bench.papers.read_paper(invoice.invoice_id, PaperKind.PDF)
    said = read_xml(xml.content)
    assert (said.number, said.total, said.seller_name, said.issue_time) == (
        invoice.standing.invoice_number,
        invoice.amount,
        invoice.seller.name,
        invoice.issue_date.isoformat(),
    )
    assert (said.lines, said.tax) == ((), "")  # what the document does not say is nowhere
    assert pdf.content.startswith(b"%PDF-")
    listed = await door.papers.ListPapers(paper_service_pb2.ListPapersRequest(invoice_id=invoice.invoice_id))
    assert [each.kind for each in listed.papers] == [paper_pb2.PAPER_KIND_XML, paper_pb2.PAPER_KIND_PDF]
    assert listed.papers[0].sha256 == hashlib.sha256(xml.content).hexdigest()
    for paper in listed.papers:
        assert [(one.place, one.state) for one in paper.copies] == [
            ("first", paper_pb2.COPY_STATE_WHOLE),
            ("second", paper_pb2.COPY_STATE_WHOLE),
        ]
        for place in places:
            held = await place.read(key_of(paper.copies[0].sealed_sha256))
            assert judge(held, paper.copies[0].sealed_sha256) is Found.WHOLE
            assert invoice.seller.name.encode() not in (held or b"")  # sealed where it lies
    async with system.sessions() as session:  # what both places hold is not held a third time
        assert await papers.body(session, listed.papers[0].copies[0].sealed_sha256) is None
    assert await bench.papers.make_due() == 0


async def test_a_copy_in_a_folder_is_on_its_disk_before_it_is_called_stored(
    system: InvoiceSync, places, tmp_path, monkeypatch
):
    bench, synced, real = paper_bench(system.tools, places=places[:1]), [], os.fsync

    def watched(opened: int) -> None:
        synced.append(Path(f"/proc/self/fd/{opened}").readlink())
        real(opened)

    monkeypatch.setattr(os, "fsync", watched)
    await system.booked()
    await bench.papers.make_due()
    await bench.archive.keep_due()

    folder = tmp_path / "archive"
    files = [each for each in folder.rglob("*") if each.is_file()]
    assert files
    assert {*files, *(each.parent for each in files), folder} <= set(synced)


async def test_papers_are_made_once_and_never_change(system: InvoiceSync):
    bench = paper_bench(system.tools)
    invoice = await system.booked()
    await bench.papers.make_papers(invoice.invoice_id)
    first = await bench.papers.read_paper(invoice.invoice_id, PaperKind.XML)

    await bench.papers.make_papers(invoice.invoice_id)

    again = await bench.papers.read_paper(invoice.invoice_id, PaperKind.XML)
    assert again == first
    with pytest.raises(DBAPIError, match="append only"):
        await system.execute("UPDATE paper SET sha256 = repeat('0', 64)")


async def test_an_invoice_that_is_not_in_the_books_has_no_papers(system: InvoiceSync):
    bench = paper_bench(system.tools)
    (invoice,) = await system.issued()

    assert await bench.papers.make_papers(invoice.invoice_id)

    assert await bench.papers.list_papers(invoice.invoice_id) == []


@pytest.mark.parametrize("harmed", ["first", "second"])
@pytest.mark.parametrize("how", ["damaged", "missing"])
async def test_a_copy_that_is_damaged_or_gone_is_restored_from_the_other_and_told(
    system: InvoiceSync, places, s3: Bucket, tmp_path: Path, harmed: str, how: str
):
    bench = paper_bench(system.tools, places=places)
    (paper,) = await _archived(system, bench)
    file = (tmp_path / "archive" if harmed == "first" else s3.folder) / key_of(paper.sealed_sha256)
    if how == "damaged":
        file.write_bytes(b"\0" + file.read_bytes()[1:])
    else:
        file.unlink()
    await bench.archive.keep_due()
    async with system.sessions() as session:
        assert await copies.events_of(session, paper.sealed_sha256) == []  # not due yet, so not seen yet

    system.clock.advance(VERIFY_SECONDS)
    await bench.archive.keep_due()

    assert judge(file.read_bytes(), paper.sealed_sha256) is Found.WHOLE
    async with system.sessions() as session:
        told = await copies.events_of(session, paper.sealed_sha256)
        states = {each.state for each in await copies.of_papers(session, [paper.sealed_sha256])}
    assert [(place, kind) for place, kind, _ in told] == [(harmed, how.upper()), (harmed, "RESTORED")]
    assert states == {"WHOLE"}


async def test_every_copy_is_read_again_within_the_period(system: InvoiceSync, places):
    bench = paper_bench(system.tools, places=places)
    await _archived(system, bench)
    before = system.clock.now()

    system.clock.advance(VERIFY_SECONDS)
    await bench.archive.keep_due()

    totals = await bench.archive.totals()
    assert [(each.place, each.copy_count) for each in totals] == [("first", 1), ("second", 1)]
    assert all(each.oldest_verify_time == before + timedelta(seconds=VERIFY_SECONDS) for each in totals)


async def test_what_no_place_holds_whole_opens_a_case_that_closes_when_one_is_put_back(
    system: InvoiceSync, places, s3: Bucket, tmp_path: Path
):
    bench = paper_bench(system.tools, places=places)
    (paper,) = await _archived(system, bench)
    files = [folder / key_of(paper.sealed_sha256) for folder in (tmp_path / "archive", s3.folder)]
    kept = files[0].read_bytes()
    for file in files:
        file.write_bytes(kept[:-1])
    system.clock.advance(VERIFY_SECONDS)

    await bench.archive.keep_due()
    opened = await _open_cases(system)
    files[0].write_bytes(kept)  # from a tape, say
    system.clock.advance(3_600)
    await bench.archive.keep_due()
    system.clock.advance(3_600)
    await bench.archive.keep_due()

    assert opened == ["COPIES_LOST"]
    assert await _open_cases(system) == []
    assert {judge(file.read_bytes(), paper.sealed_sha256) for file in files} == {Found.WHOLE}


async def test_a_place_that_does_not_answer_proves_nothing_and_is_asked_again(
    system: InvoiceSync, s3: Bucket, tmp_path: Path
):
    nowhere = S3Access("http://127.0.0.1:9", "us-east-1", s3.access.credential_file)
    away = open_places([("first", f"file://{tmp_path}/archive"), ("second", "s3://invoices")], nowhere)
    bench = paper_bench(system.tools, places=away)
    invoice = await system.booked()
    await bench.papers.make_papers(invoice.invoice_id)

    done = await bench.archive.keep_place(away[1])
    await bench.archive.keep_place(away[0])

    (paper,) = await bench.papers.list_papers(invoice.invoice_id)
    assert done.unknown_count == 1
    async with system.sessions() as session:
        assert await copies.events_of(session, paper.sealed_sha256) == []
        assert await papers.body(session, paper.sealed_sha256) is not None  # until both have it, it is here
    back = open_places([("first", f"file://{tmp_path}/archive"), ("second", "s3://invoices")], s3.access)
    system.clock.advance(3_600)
    assert (await paper_bench(system.tools, places=back).archive.keep_place(back[1])).stored_count == 1


@pytest.mark.parametrize("again", ["file:///srv/archive", "file:///srv/archive/", "file:///srv/other/../archive"])
def test_two_places_that_are_one_are_refused_for_their_copies_would_be_lost_together(again: str):
    with pytest.raises(ValueError, match="must differ"):
        open_places([("first", "file:///srv/archive"), ("second", again)], S3Access("", "", ""))


async def test_a_place_that_comes_later_gets_the_papers_from_before(system: InvoiceSync, places):
    alone = paper_bench(system.tools, places=places[:1])
    (paper,) = await _archived(system, alone)

    async with system.sessions() as session:  # one place alone does not make what is here superfluous
        assert await papers.body(session, paper.sealed_sha256) is not None
    both = paper_bench(system.tools, places=places)
    await both.archive.fill_places()
    await _kept(both)

    assert judge(await places[1].read(key_of(paper.sealed_sha256)), paper.sealed_sha256) is Found.WHOLE
    assert await both.archive.fill_places() == 0


async def _archived(system: InvoiceSync, bench: PaperBench) -> list[papers.Paper]:
    invoice = await system.booked()
    await bench.papers.make_papers(invoice.invoice_id)
    await _kept(bench)
    return await bench.papers.list_papers(invoice.invoice_id)


async def _kept(bench: PaperBench) -> None:
    while await bench.archive.keep_due():
        pass


async def _open_cases(system: InvoiceSync) -> list[str]:
    async with system.sessions() as session:
        return [each.kind for each in await cases.page(session, 10, None, "COPIES_LOST", open_only=True)]
