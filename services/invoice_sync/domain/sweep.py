"""The report of one pass over all that should have moved and did not. It moves nothing itself."""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Counts:
    """What the contract's Sweep counts, under the same names."""

    scanned_count: int = 0
    lease_expired_count: int = 0
    missing_count: int = 0
    resent_count: int = 0
    issued_count: int = 0
    requeued_count: int = 0
    adopted_count: int = 0
    foreign_count: int = 0
    resampled_count: int = 0
    totals_compared_count: int = 0
    totals_differing_count: int = 0
    archive_checked_count: int = 0
    archive_damaged_count: int = 0
    opened_count: int = 0
    closed_count: int = 0
    hurried_count: int = 0
    call_count: int = 0

    def plus(self, other: "Counts") -> "Counts":
        """Both together."""
        names = (field.name for field in fields(Counts))
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in names})


# What only tells that the sweep was at work, and not that something was wrong; and what stays wrong, whose case is
# counted once, when it is opened.
_ROUTINE = frozenset(
    {
        "scanned_count",
        "resampled_count",
        "totals_compared_count",
        "archive_checked_count",
        "archive_damaged_count",
        "hurried_count",
        "call_count",
    }
)


@dataclass(frozen=True, slots=True)
class Sweep:
    """A sweep and what it counted. `oldest_time` is of the oldest invoice under way; None when none is."""

    sweep_id: str
    start_time: datetime
    end_time: datetime
    counts: Counts
    oldest_time: datetime | None

    @property
    def found_count(self) -> int:
        """How much this sweep set right, or showed; 0 means that all moves by itself."""
        names = (field.name for field in fields(Counts) if field.name not in _ROUTINE)
        return sum(getattr(self.counts, name) for name in names)

    def words(self) -> tuple[str, str]:
        """The report for people, in English and Chinese: what was counted, and nothing else."""
        told = [(en, zh, getattr(self.counts, name)) for name, en, zh in _WORDS if getattr(self.counts, name)]
        if not told:
            return "All moves by itself.", "一切正常。"
        return (
            "; ".join(f"{count} {en}" for en, _, count in told) + ".",
            "；".join(f"{zh} {count}" for _, zh, count in told) + "。",
        )


_WORDS: Iterable[tuple[str, str, str]] = (
    ("scanned_count", "under way", "在途"),
    ("lease_expired_count", "uploads taken back from dead workers", "收回失联进程的上传"),
    ("missing_count", "acknowledged and missing", "已受理但查不到"),
    ("resent_count", "proved absent and sent again", "确认不存在并重发"),
    ("issued_count", "issued late by policy", "补开"),
    ("requeued_count", "had nothing due and were made due", "恢复待办"),
    ("adopted_count", "records linked", "认领记录"),
    ("foreign_count", "records that are not ours", "非我方记录"),
    ("resampled_count", "confirmed ones put up to be read again", "抽样复核"),
    ("totals_compared_count", "days compared by control totals", "核对控制总额（天）"),
    ("totals_differing_count", "days whose totals differ", "控制总额不一致（天）"),
    ("archive_checked_count", "documents opened and hashed", "校验存档"),
    ("archive_damaged_count", "documents damaged", "存档损坏"),
    ("opened_count", "cases opened", "新开异常单"),
    ("closed_count", "cases closed", "关闭异常单"),
    ("hurried_count", "moved to the express lane", "转入加急"),
    ("call_count", "calls to the authority", "调用税局"),
)
