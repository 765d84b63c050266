"""One measured number, and what it is held against."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Metric:
    """`value` is a median; `goal` is None for a number that is only told, and `holds` is then None too."""

    metric: str
    value: float
    unit: str
    rival: str
    goal: float | None = None

    def row(self) -> dict[str, Any]:
        """For the table and the file."""
        holds = None if self.goal is None else self.value >= self.goal
        return {**asdict(self), "value": round(self.value, 3), "holds": holds}
