"""README.md tells integrators what the code does: its calls, codes, faults and settings, and a tour that works."""

import asyncio
import dataclasses
import os
import re
import shutil
from pathlib import Path

import pytest
from starlette.routing import Route

from chassis import database
from services.tax_sandbox import app
from services.tax_sandbox.config import Config
from services.tax_sandbox.domain.fault import PHASES_OF, SHORT_NAMES, FaultName
from tests.support.tax_sandbox import running_tax_sandbox

HOME = Path(app.__file__).parent
README = (HOME / "README.md").read_text(encoding="utf-8")
SOURCE = "\n".join(path.read_text(encoding="utf-8") for path in sorted(HOME.rglob("*.py")))
# The two that are made of a status, in routes/edge.py.
OF_ROUTES = {"E4041", "E4051"}


def section(title: str) -> str:
    return re.split(r"\n#{2,3} ", README.split(f"# {title}\n", 1)[1])[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_every_code_in_the_source_is_in_the_table_and_the_other_way_round():
    told = [words(row[0])[0] for row in rows(section("Codes"))]

    assert sorted(told) == sorted(set(re.findall(r'"(E\d{4})"', SOURCE)) | OF_ROUTES)


def test_a_code_has_the_status_in_the_table_that_it_is_answered_with():
    told = {words(row[0])[0]: row[1].split(", ") for row in rows(section("Codes"))}

    answered = re.findall(r'refused\(\s*(\d{3}),\s*Refusal\(\s*"(E\d{4})"', SOURCE)

    assert len(answered) > 20
    assert [(status, code) for status, code in answered if status not in told[code]] == []


def test_every_fault_is_in_the_table_with_its_phases_and_the_other_way_round():
    told = {words(row[1])[0]: set(row[0].split(", ")) for row in rows(section("Faults"))}

    assert told == {fault: {phase.name.lower() for phase in PHASES_OF[fault]} for fault in FaultName}


def test_the_short_names_of_faults_are_those_of_the_code():
    assert dict(re.findall(r"`([A-Z_]+)` =\s+`([A-Z_]+)`", README)) == SHORT_NAMES


def test_every_setting_is_in_the_table_and_the_other_way_round():
    told = [name for row in rows(README.split("## Walk-through")[0]) for name in words(row[0])]

    assert sorted(told) == sorted(field.name.upper() for field in dataclasses.fields(Config))


async def test_every_call_is_in_a_table_and_the_other_way_round(fresh_database):
    url = await fresh_database("services.tax_sandbox")
    engine = database.connect(url, "tax_sandbox")
    running = await app.start(Config(database_url=url, listen="127.0.0.1:0"), engine)
    try:
        served = {
            f"{method} {route.path.removeprefix('/{environment}/{region}')}"
            for route in running.server.config.app.routes
            if isinstance(route, Route)
            for method in (route.methods or set()) - {"HEAD"}
        }
    finally:
        await running.stop()
        await engine.dispose()

    told = {
        f"{method} {path}"
        for row in rows(section("Protocol v1")) + rows(section("Steering (no part of the protocol)"))
        for method, path in re.findall(r"`(GET|POST|DELETE) (/[^`?]*)", " ".join(row))
    }

    assert told == served


@pytest.mark.skipif(shutil.which("curl") is None, reason="the walk-through needs curl")
async def test_the_walk_through_works_as_it_is_printed(fresh_database):
    script = section("Walk-through").split("```sh\n")[1].split("```")[0]

    async with running_tax_sandbox(await fresh_database("services.tax_sandbox")) as tax:
        assert "URL=http://127.0.0.1:8090\n" in script
        here = script.replace("http://127.0.0.1:8090", tax.url)
        shell = await asyncio.create_subprocess_exec(
            "bash",
            "-c",
            here,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "NO_PROXY": "127.0.0.1"},
        )
        try:
            said, complaints = await asyncio.wait_for(shell.communicate(), timeout=30)
        except TimeoutError:
            shell.kill()
            raise

    assert (shell.returncode, said.decode().endswith("done\n")) == (0, True), complaints.decode()
