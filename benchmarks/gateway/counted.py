"""What the callers of a load saw, whichever client they had. It judges nothing."""

from dataclasses import dataclass

from benchmarks.payments.load import Loaded


@dataclass(frozen=True, slots=True)
class Counted:
    """Calls of one load. `sent_count` is more than were answered where the last ones were given up at the end.

    `permilles_us` are the latencies, in microseconds, that 1, 2, … 1,000 in a thousand did not exceed.
    """

    seconds: float
    answered_count: int
    failed_count: int
    sent_count: int
    permilles_us: tuple[int, ...]

    @property
    def per_second(self) -> float:
        """Calls that were answered in a second."""
        return self.answered_count / self.seconds

    def per_second_within(self, seconds: float) -> float:
        """Those of them that were answered within some seconds."""
        return self.per_second * sum(each <= seconds * 1e6 for each in self.permilles_us) / len(self.permilles_us)

    def quantile_ms(self, share: float) -> float:
        """The latency that so large a share of the calls did not exceed."""
        return self.permilles_us[max(round(1_000 * share), 1) - 1] / 1_000


def counted(loaded: Loaded) -> Counted:
    """The same of a load that was told how many, and has each latency."""
    in_order, count = sorted(loaded.latencies), len(loaded.latencies)
    permilles_us = tuple(round(in_order[-(-permille * count // 1_000) - 1] * 1e6) for permille in range(1, 1_001))
    return Counted(loaded.seconds, count, loaded.failed_count, count, permilles_us)
