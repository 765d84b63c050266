"""One measured number, and what it is held against."""

from dataclasses import asdict, dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Metric:
    """`value` is a median; `goal` is None for a number that is only told, and `holds` is then None too.

    `bound` says on which side of the goal the value has to be; the goal itself holds.
    """

    metric: str
    value: float
    unit: str
    rival: str
    goal: float | None = None
    bound: Literal["at least", "at most"] = "at least"

    def holds(self) -> bool | None:
        """Whether the goal is met, by the value as measured and not as rounded for the table."""
        if self.goal is None:
            return None
        return self.value >= self.goal if self.bound == "at least" else self.value <= self.goal

    def row(self) -> dict[str, Any]:
        """For the table and the file."""
        bound = None if self.goal is None else self.bound
        return {**asdict(self), "value": round(self.value, 3), "bound": bound, "holds": self.holds()}
