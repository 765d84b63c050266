"""The faults that are planned, found by whom they are for, so that ten thousand for single keys cost a call nothing."""

from collections import Counter, defaultdict
from dataclasses import replace

from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase, candidates


class FaultIndex:
    """Plans and how often each struck; `add` them in the order of their ids."""

    def __init__(self) -> None:
        self._plans: dict[int, FaultPlan] = {}
        self._struck: Counter[int] = Counter()
        self._names: set[FaultName] = set()
        # By ("key", "inv_1"), ("order_no", "NO1"), ("seller", "914..."); ("", "") for a share and for everyone.
        self._by_target: defaultdict[tuple[str, str], list[FaultPlan]] = defaultdict(list)

    def add(self, plan: FaultPlan) -> None:
        """Know a plan, with the strikes that it counts already."""
        self._plans[plan.fault_id] = plan
        self._names.add(plan.fault)
        self._struck[plan.fault_id] = plan.struck_count
        self._by_target[_target(plan)].append(plan)

    def first(self, phase: Phase, occasion: Occasion) -> FaultPlan | None:
        """The first of a phase that falls on this and is not spent: what came with the call, then the oldest."""
        if not self._plans and not occasion.asked:
            return None
        meant = [plan for target in _targets(occasion) for plan in self._by_target.get(target, ())]
        falling = candidates(sorted(meant, key=lambda plan: plan.fault_id), phase, occasion)
        return next((plan for plan in falling if not self._is_spent(plan)), None)

    def has(self, fault: FaultName) -> bool:
        """Whether any plan is of this fault, spent or not."""
        return fault in self._names

    def count(self, fault_id: int, count: int) -> None:
        """Add to how often a plan struck; one that was taken back meanwhile is none of ours."""
        if fault_id in self._plans:
            self._struck[fault_id] += count

    def plans(self) -> list[FaultPlan]:
        """All, spent ones too."""
        return [replace(plan, struck_count=self._struck[fault_id]) for fault_id, plan in self._plans.items()]

    def _is_spent(self, plan: FaultPlan) -> bool:
        return bool(plan.fault_id) and 0 < plan.times <= self._struck[plan.fault_id]


def _target(plan: FaultPlan) -> tuple[str, str]:
    if plan.key:
        return ("key", plan.key)
    if plan.order_no:
        return ("order_no", plan.order_no)
    return ("seller", plan.seller_tax_id) if plan.seller_tax_id else ("", "")


def _targets(occasion: Occasion) -> list[tuple[str, str]]:
    return [
        ("", ""),
        ("key", occasion.key),
        ("order_no", occasion.order_no),
        ("seller", occasion.seller_tax_id),
    ]
