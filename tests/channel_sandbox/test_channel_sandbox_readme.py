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
from services.channel_sandbox import app
from services.channel_sandbox.clients import MerchantClient
from services.channel_sandbox.config import Config
from services.channel_sandbox.dialects.alipay import Alipay
from services.channel_sandbox.dialects.hmac_pay import HmacPay
from services.channel_sandbox.dialects.wechat_pay import WeChatPay
from services.channel_sandbox.domain.fault import PHASE_OF, FaultName
from services.channel_sandbox.routes import alipay
from tests.support.channel_sandbox import keys_of_this_process, running_channel_sandbox

HOME = Path(app.__file__).parent
README = (HOME / "README.md").read_text(encoding="utf-8")
UNITS = {"s": 1, "m": 60, "h": 3600}


def section(title: str) -> str:
    return re.split(r"\n#{2,3} ", README.split(f"# {title}\n", 1)[1])[0]


def rows(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def source(*names: str) -> str:
    return "\n".join((HOME / name).read_text(encoding="utf-8") for name in names)


@pytest.mark.parametrize(("title", "file"), [("WeChat Pay", "wechat_pay.py"), ("Generic channel", "hmac_pay.py")])
def test_every_code_is_in_the_table_with_its_status_and_the_other_way_round(title: str, file: str):
    told = {(row[1], code) for row in rows(section(title)) if row[1].isdecimal() for code in words(row[0])}

    answered = set(re.findall(r'problem\((\d{3}), "([A-Z_]+)"', source(f"routes/{file}")))

    extra = {("400", "PARAM_ERROR")} if title == "WeChat Pay" else set()
    assert told == answered | extra


def test_every_code_of_alipay_is_in_the_table_and_the_other_way_round():
    told = {code for row in rows(section("Alipay")) if row[1].isdecimal() for code in words(row[0])}

    text = source("routes/alipay.py")
    missing = {f"isv.missing-{alipay._SHORT.get(name, name)}" for name in alipay._NEEDED}
    assert told == set(re.findall(r'"(ACQ\.[A-Z_]+|is[vp]\.[a-z_-]+)"', text)) | missing


def test_every_method_of_alipay_is_in_the_table_and_the_other_way_round():
    told = {method for row in rows(section("Alipay")) for method in words(row[0]) if method.startswith("alipay.")}

    assert told == set(re.findall(r'"(alipay\.[a-z.]+)": self', source("routes/alipay.py")))


def test_every_fault_is_in_the_table_with_its_phase_and_the_other_way_round():
    told = {words(row[1])[0]: row[0] for row in rows(section("Faults")) if len(row) == 5 and words(row[1])}

    assert told == {fault: PHASE_OF[fault].name.lower() for fault in FaultName}


def test_the_rhythms_are_those_of_the_code():
    told = {
        words(row[0])[0]: tuple(int(rest[:-1]) * UNITS[rest[-1]] for rest in row[4].split())
        for row in rows(section("Callbacks"))
        if words(row[0])
    }

    dialects = (WeChatPay, Alipay, HmacPay)
    fields = [{field.name: field.default for field in dataclasses.fields(one)} for one in dialects]
    assert told == {one["channel"]: one["rests_seconds"] for one in fields}


def test_every_setting_is_in_the_table_and_the_other_way_round():
    told = [name for row in rows(README.split("## Walk-through")[0]) for name in words(row[0])]

    assert sorted(told) == sorted(field.name.upper() for field in dataclasses.fields(Config))


async def test_every_call_is_in_a_table_and_the_other_way_round(fresh_database):
    url = await fresh_database("services.channel_sandbox")
    engine = database.connect(url, "channel_sandbox")
    client = MerchantClient(1)
    running = await app.start(
        Config(database_url=url, keys_folder=str(keys_of_this_process()), listen="127.0.0.1:0"), engine, client
    )
    try:
        served = {
            f"{method} {route.path}"
            for route in running.server.config.app.routes
            if isinstance(route, Route)
            for method in (route.methods or set()) - {"HEAD"}
        }
    finally:
        await running.stop()
        await client.close()
        await engine.dispose()

    told = set(re.findall(r"`(?:GET|POST|DELETE) /[^`?]*", README.split("## Keys")[1]))
    examples = {"`POST /hmac/v1/payments"}
    assert {one.removeprefix("`") for one in told | examples} == served


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("openssl")), reason="it needs curl and openssl")
async def test_the_walk_through_works_as_it_is_printed(fresh_database):
    script = section("Walk-through").split("```sh\n")[1].split("```")[0]

    async with running_channel_sandbox(await fresh_database("services.channel_sandbox")) as sandbox:
        assert "URL=http://127.0.0.1:8091\nKEYS=./channel_keys\n" in script
        here = script.replace("http://127.0.0.1:8091", sandbox.url).replace("./channel_keys", str(sandbox.keys_folder))
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

    assert (shell.returncode, said.decode().endswith("done\n")) == (0, True), complaints.decode() + said.decode()
