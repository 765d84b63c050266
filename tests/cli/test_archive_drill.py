"""`bihuan archive drill`: a sample of the archive in an empty folder, compared; without the service."""

import asyncio
import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from chassis import database
from chassis.crypto import KeyRing, new_key_line
from chassis.ids import new_id
from services.invoice_sync.actions.papers import paper_context
from services.invoice_sync.domain.archive import PaperKind, key_of
from services.invoice_sync.paper.places import S3Access, open_places
from services.invoice_sync.store import papers
from services.invoice_sync.store.papers import Paper
from tests.invoice_sync.builders import NOON

CONTENT = "<EInvoice>水费</EInvoice>".encode()


@pytest.fixture
async def archived(fresh_database, tmp_path: Path) -> tuple[dict[str, str], Paper]:
    """A database with one paper, whose copies lie in two folders; the environment that names them."""
    url, key_file = await fresh_database("services.invoice_sync"), tmp_path / "body.key"
    key_file.write_text(f"{new_key_line()}\n", "ascii")
    sha256, invoice_id = hashlib.sha256(CONTENT).hexdigest(), new_id("inv")
    paper = Paper(invoice_id, 1, PaperKind.XML, sha256, "", len(CONTENT), NOON)
    sealed = KeyRing.read(key_file).seal(CONTENT, paper_context(paper))
    paper = Paper(invoice_id, 1, PaperKind.XML, sha256, hashlib.sha256(sealed).hexdigest(), len(CONTENT), NOON)
    urls = [(name, (tmp_path / name).as_uri()) for name in ("first", "second")]
    for place in open_places(urls, S3Access("", "", "")):
        await place.put_once(key_of(paper.sealed_sha256), sealed)
    engine = database.connect(url, "test")
    async with database.sessions(engine).begin() as session:
        await papers.add(session, paper, sealed, ["first", "second"])
        await session.execute(text("DELETE FROM paper_body"))
    await engine.dispose()
    settings = {"DATABASE_URL": url, "BODY_KEY_FILE": str(key_file), **{f"ARCHIVE_{n.upper()}": u for n, u in urls}}
    return {f"BIHUAN_INVOICE_SYNC_{name}": value for name, value in settings.items()}, paper


async def test_a_drill_restores_from_each_place_what_was_kept(archived, tmp_path: Path):
    environment, paper = archived

    done = await _drill(environment, tmp_path / "restored")

    assert done.returncode == 0, done.stderr
    for place in ("first", "second"):
        assert (tmp_path / "restored" / place / f"{paper.invoice_id}-v1.xml").read_bytes() == CONTENT


async def test_a_drill_names_what_did_not_come_back_and_fails(archived, tmp_path: Path):
    environment, paper = archived
    file = tmp_path / "second" / key_of(paper.sealed_sha256)
    file.write_bytes(file.read_bytes()[:-1])

    done = await _drill(environment, tmp_path / "restored")

    assert done.returncode == 1
    assert f"second {paper.invoice_id} v1 XML: DAMAGED" in done.stderr
    assert not list((tmp_path / "restored" / "second").glob("*"))


async def test_a_drill_writes_into_no_folder_that_holds_something(archived, tmp_path: Path):
    environment, _ = archived

    done = await _drill(environment, tmp_path)

    assert done.returncode == 1
    assert "is not empty" in done.stderr


async def _drill(environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    command = [Path(sys.executable).parent / "bihuan", "archive", "drill", "--folder", folder]
    return await asyncio.to_thread(
        subprocess.run, command, env={"PATH": "/usr/bin", **environment}, capture_output=True, text=True, check=False
    )
