"""Each test of the seam runs for every TaxSystem. A new one adds itself to SYSTEMS."""

import pytest

from tests.support.tax_bench import sandbox_bench

SYSTEMS = {"sandbox": sandbox_bench}


@pytest.fixture(params=SYSTEMS.values(), ids=SYSTEMS.keys())
async def bench(request, fresh_database, tmp_path):
    async with request.param(fresh_database, tmp_path) as made:
        yield made
