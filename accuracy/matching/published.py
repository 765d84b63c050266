"""From cases to the published metrics: each the worst over its seeds and noise levels, with the rivals' beside it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from accuracy.matching.replay import Replay
from accuracy.matching.run import Case
from benchmarks.metric import Metric

_USUAL = (10_000, 100_000)
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class _Aim:
    """One metric: a field of the score, of these sizes (none are all below a million) and of one noise or of all."""

    metric: str
    field: str
    goal: float | None
    bound: Literal["at least", "at most"] = "at least"
    unit: str = "share"
    sizes: tuple[int, ...] = ()
    noise: str = ""

    def takes(self, case: Case) -> bool:
        """Whether the case counts here."""
        is_size = case.size in self.sizes if self.sizes else case.size < _MILLION
        return is_size and self.noise in ("", case.noise)


def _most(metric: str, field: str, unit: str, goal: float = 0, sizes: tuple[int, ...] = ()) -> _Aim:
    return _Aim(metric, field, goal, "at most", unit, sizes)


def _recall(metric: str, noise: str, size: int, goal: float | None) -> _Aim:
    return _Aim(metric, "link_recall", goal, sizes=(size,), noise=noise)


_AIMS = (
    _most("wrong_auto_posts", "wrong_auto_posts", "groups"),
    _most("wrong_auto_posts_1m", "wrong_auto_posts", "groups", sizes=(_MILLION,)),
    _recall("recall_payer_10k", "payer", 10_000, 0.999),
    _recall("recall_half_10k", "half", 10_000, 0.99),
    _recall("recall_no_payer_10k", "none", 10_000, 0.99),
    _recall("recall_payer_100k", "payer", 100_000, 0.999),
    _recall("recall_half_100k", "half", 100_000, 0.97),
    _recall("recall_no_payer_100k", "none", 100_000, 0.97),
    _recall("recall_no_payer_1m", "none", _MILLION, None),
    _Aim("recall_identifiers", "recall_identifiers", 1.0),
    _Aim("link_precision", "link_precision", None),
    _Aim("auto_post_recall", "auto_post_recall", None),
    _Aim("ambiguous_shown", "ambiguous_shown", 1.0),
    _Aim("ambiguous_shown_1m", "ambiguous_shown", None, sizes=(_MILLION,)),
    _most("false_alarms_per_10k", "false_alarms_per_10k", "clusters", goal=1),
    _Aim("conserved", "conserved", 1.0, unit="is true", sizes=(*_USUAL, _MILLION)),
)


def published(cases: Sequence[Case], replays: Sequence[Replay] = ()) -> list[Metric]:
    """Ours with the goals; a metric that no case tells is left out."""
    ours = [case for case in cases if case.matcher == "bihuan"]
    found = [_metric(aim, cases) for aim in _AIMS if any(aim.takes(case) for case in ours)]
    return [*found, *_of_days(replays)]


def is_sound(cases: Iterable[Case], replays: Iterable[Replay] = ()) -> bool:
    """Nothing of ours is posted wrongly or taken back, and no row or fen is lost, at whatever size."""
    scores = [case.score for case in cases if case.matcher == "bihuan"]
    return all(one.wrong_auto_posts == 0 and one.conserved for one in scores) and all(
        one.wrong_auto_posts + one.taken_back == 0 for one in replays
    )


def _metric(aim: _Aim, cases: Sequence[Case]) -> Metric:
    takes = [case for case in cases if aim.takes(case)]
    worst = {name: _worst(aim, takes, name) for name in dict.fromkeys(case.matcher for case in takes)}
    rivals = ", ".join(f"{name} {value:.4g}" for name, value in worst.items() if name != "bihuan")
    return Metric(aim.metric, worst["bihuan"], aim.unit, rivals, aim.goal, aim.bound)


def _worst(aim: _Aim, cases: Iterable[Case], matcher: str) -> float:
    pick: Callable[[Iterable[float]], float] = max if aim.bound == "at most" else min
    return pick(float(getattr(case.score, aim.field)) for case in cases if case.matcher == matcher)


def _of_days(replays: Sequence[Replay]) -> list[Metric]:
    if not replays:
        return []
    days = [(day, count) for one in replays for day, count in one.resolved_days]
    share = sum(count for day, count in days if day == 0) / sum(count for _, count in days)
    told = [
        ("replay_wrong_auto_posts", sum(one.wrong_auto_posts for one in replays), "groups"),
        ("replay_taken_back", sum(one.taken_back for one in replays), "groups"),
        ("replay_alarms_while_waiting", sum(one.alarms_while_waiting for one in replays), "clusters"),
    ]
    return [
        *(Metric(name, value, unit, "", 0, "at most") for name, value, unit in told),
        Metric("replay_posted_on_their_day", share, "share", ""),
        Metric("replay_days_to_posted_most", max(day for day, _ in days), "days", ""),
    ]
