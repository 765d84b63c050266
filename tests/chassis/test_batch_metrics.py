"""chassis.batch_metrics: what a batcher does, read back as an exporter reads it."""

import asyncio

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader

from chassis.batch import Batcher, BatchFull
from chassis.batch_metrics import BatchMetrics
from tests.support.eventually import eventually
from tests.support.metric_points import points


async def test_a_batchers_sizes_waits_times_depth_and_refusals_are_metrics():
    reader = InMemoryMetricReader()
    meter = MeterProvider([reader]).get_meter("test")
    may_pass = asyncio.Event()

    async def flush(items: list[int]) -> list[int]:
        await asyncio.wait_for(may_pass.wait(), 60)
        return items

    batcher = Batcher(flush, size_max=4, waiting_max=4, watch=BatchMetrics(meter, "letters"))
    callers = [asyncio.create_task(batcher.add(0))]
    await eventually(lambda: batcher.counts.flush_count == 1)
    callers += [asyncio.create_task(batcher.add(n)) for n in range(1, 5)]
    await eventually(lambda: batcher.waiting_count == 4)
    for _ in range(2):
        with pytest.raises(BatchFull):
            await batcher.add(5)
    may_pass.set()
    await asyncio.gather(*callers)
    await batcher.close(5)

    told = points(reader)
    assert set(told) == {
        f"bihuan.letters.{what}"
        for what in ("batch_size", "queue_wait_seconds", "flush_seconds", "queue_depth", "queue_full")
    }
    assert all(not point.attributes for point in told.values())
    size, wait, took = (told[f"bihuan.letters.{it}"] for it in ("batch_size", "queue_wait_seconds", "flush_seconds"))
    assert (size.count, size.sum, size.min, size.max) == (2, 5, 1, 4)
    assert (wait.count, took.count) == (2, 2)
    assert 0 < took.max < 10
    assert wait.max <= took.sum + 1
    assert told["bihuan.letters.queue_full"].value == 2
    assert told["bihuan.letters.queue_depth"].value == 0
