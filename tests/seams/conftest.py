"""Each test of a seam runs for every TaxSystem (SYSTEMS), or for every channel (KINDS of the channel bench)."""

import uuid
from dataclasses import replace

import pytest
import pytest_asyncio

from chassis import migrate
from tests.support.channel_bench import KINDS, channel_benches
from tests.support.tax_bench import sandbox_bench

SYSTEMS = {"sandbox": sandbox_bench}


@pytest.fixture(params=SYSTEMS.values(), ids=SYSTEMS.keys())
async def bench(request, fresh_database, tmp_path):
    async with request.param(fresh_database, tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def channel_stand_ins(templates, tmp_path_factory):
    """The stand-in channels, once for all the tests of a file: each of them has orders of its own."""
    name = f"test_{uuid.uuid4().hex}"
    url = await templates.copy("services.channel_sandbox", name, migrate.upgrade)
    async with channel_benches(url, tmp_path_factory.mktemp("accounts")) as benches:
        yield benches
    await templates.drop(name)


@pytest.fixture(params=KINDS)
def channels(request, channel_stand_ins):
    bench = channel_stand_ins[request.param]
    return replace(bench, came_before=len(bench.merchant.came))
