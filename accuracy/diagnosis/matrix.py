"""What was planted against what was said, counted and shown. It asks nobody."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# Causes that no plant can have here, and why; each is a gap in what this measures, not in the product's rules.
NOT_COVERED: Mapping[str, str] = {
    "G1": "nothing delivers invoices to customers yet, so that no delivery can fail",
}
CAUSES = (
    "IN_SYSTEM", "NOT_DUE", "A1", "A2", "A3", "A4", "A5", "B1", "B2", "B3", "B4", "C1", "C2", "C3", "C4", "C5", "C6",
    "C7", "D1", "D2", "D3", "D4", "D5", "D6", "D7", "E1", "E2", "E3", "E4", "E5", "F1", "F2", "G1", "G2",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """One question: the cause that was planted, by which plant, and the cause that was given."""

    planted: str
    given: str
    plant: str
    seed: int
    reference: str
    evidence: str = ""

    @property
    def is_right(self) -> bool:
        """Whether they agree."""
        return self.planted == self.given


@dataclass(slots=True)
class Matrix:
    """All cases of a run. A plant that could not be made is a mistake of the run and told as one."""

    seeds: Sequence[int]
    cases: list[Case] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def wrong(self) -> list[Case]:
        """The cases off the diagonal."""
        return [case for case in self.cases if not case.is_right]

    @property
    def missing(self) -> list[str]:
        """Causes that were neither planted nor declared as not covered."""
        planted = {case.planted for case in self.cases}
        return [cause for cause in CAUSES if cause not in planted and cause not in NOT_COVERED]

    @property
    def is_diagonal(self) -> bool:
        """Whether every cause that can be planted was, and was told rightly each time."""
        return not self.wrong and not self.missing and not self.failures

    def counts(self) -> dict[str, dict[str, int]]:
        """How often each cause was given, by the cause that was planted."""
        rows: dict[str, Counter[str]] = {}
        for case in self.cases:
            rows.setdefault(case.planted, Counter())[case.given] += 1
        return {planted: dict(sorted(rows[planted].items())) for planted in sorted(rows, key=_order)}

    def table(self) -> str:
        """The matrix for people: a row for each cause planted, its hits, and what else was said."""
        lines = [f"{'planted':<10} {'cases':>5} {'right':>5}  given instead"]
        for planted, given in self.counts().items():
            others = ", ".join(f"{cause} x {count}" for cause, count in given.items() if cause != planted)
            lines.append(f"{planted:<10} {sum(given.values()):>5} {given.get(planted, 0):>5}  {others}".rstrip())
        lines += [f"{cause:<10} not covered: {reason}" for cause, reason in NOT_COVERED.items()]
        plants = len({case.plant for case in self.cases})
        lines.append(f"{len(self.cases)} cases by {plants} plants, {len(self.wrong)} off the diagonal")
        return "\n".join(lines)

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        told = {
            "off_diagonal": len(self.wrong),
            "causes": len({case.planted for case in self.cases}),
            "cases": len(self.cases),
            "seeds": list(self.seeds),
            "plants": dict(sorted(Counter(case.plant for case in self.cases).items())),
            "matrix": self.counts(),
            "not_covered": [{"cause": cause, "reason": reason} for cause, reason in NOT_COVERED.items()],
            "missing": self.missing,
            "failures": self.failures,
            "wrong": [
                {"planted": each.planted, "given": each.given, "plant": each.plant, "seed": each.seed}
                for each in self.wrong
            ],
        }
        path.write_text(f"{json.dumps(told, ensure_ascii=False, indent=2)}\n", "utf-8")


def _order(cause: str) -> int:
    return CAUSES.index(cause) if cause in CAUSES else len(CAUSES)
