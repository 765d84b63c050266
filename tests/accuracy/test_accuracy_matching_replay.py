"""Days one after the other: what waits is no alarm, nothing is taken back, and it is seen when it is otherwise."""

from pathlib import Path

import pytest

from accuracy.matching.generate import Data, generate
from accuracy.matching.replay import replay
from accuracy.matching.truth import NOISES
from services.reconciler.rules.rule_files import DEFAULT, load_rule_set


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Data:
    return generate(tmp_path_factory.mktemp("made"), seed=31, size=1500, noise=NOISES["half"])


def test_late_lines_and_days_around_a_months_end_are_posted_when_they_come_and_never_taken_back(made: Data) -> None:
    found = replay(made, load_rule_set())

    assert (found.closes, found.wrong_auto_posts, found.taken_back, found.alarms_while_waiting) == (3, 0, 0, 0)
    days = dict(found.resolved_days)
    assert set(days) == {0, 1, 2}, "the same day, across a cut-off, and with a statement two days later"
    assert days[0] > 20 * days[1]


def test_without_a_buffer_what_only_waits_is_told_as_an_alarm(made: Data, tmp_path: Path) -> None:
    rules = DEFAULT.read_text("utf-8")
    at = rules.index("  - id: payment_waits\n"), rules.index("  - id: refund_without_line\n")
    (tmp_path / "impatient.yaml").write_text(rules[: at[0]] + rules[at[1] :], "utf-8")

    assert replay(made, load_rule_set(tmp_path / "impatient.yaml")).alarms_while_waiting > 10
