"""What a batcher's flushes and its queue look like, as metrics. It knows not what is flushed."""

from opentelemetry.metrics import Histogram, Meter

from chassis.batch import Flushed

_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
_SECONDS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class BatchMetrics:
    """The metrics of one batcher, below `bihuan.<name>.`; none of them has a label."""

    def __init__(self, meter: Meter, name: str) -> None:
        def seconds(what: str, meaning: str) -> Histogram:
            return meter.create_histogram(
                f"bihuan.{name}.{what}", "s", meaning, explicit_bucket_boundaries_advisory=_SECONDS
            )

        self._size = meter.create_histogram(
            f"bihuan.{name}.batch_size",
            "{item}",
            "How many went together in one flush.",
            explicit_bucket_boundaries_advisory=_SIZES,
        )
        self._wait = seconds("queue_wait_seconds", "How long the first of a batch had waited when its flush began.")
        self._flush = seconds("flush_seconds", "How long a flush took.")
        self._depth = meter.create_gauge(f"bihuan.{name}.queue_depth", "{item}", "How many waited when a flush ended.")
        self._full = meter.create_counter(
            f"bihuan.{name}.queue_full", "{item}", "How many were turned away since as many waited as may."
        )

    def flushed(self, done: Flushed) -> None:
        """Count a flush that has ended, however it did."""
        self._size.record(done.item_count)
        self._wait.record(done.wait_seconds)
        self._flush.record(done.flush_seconds)
        self._depth.set(done.waiting_count)

    def turned_away(self) -> None:
        """Count one that found the queue full."""
        self._full.add(1)
