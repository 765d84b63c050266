"""The order in which causes are looked for: the first rule that fits gives the one cause. It holds no rule itself."""

from collections.abc import Callable

from services.invoice_sync.domain.diagnosis import in_the_book as book
from services.invoice_sync.domain.diagnosis import lost, not_sent, refused, the_query
from services.invoice_sync.domain.diagnosis import time_and_after as time
from services.invoice_sync.domain.diagnosis.case import Case
from services.invoice_sync.domain.diagnosis.facts import Facts
from services.invoice_sync.domain.diagnosis.verdict import Verdict
from services.invoice_sync.domain.timers import Timers

# E1 -> E5 -> A -> B -> E2, E3, E4 -> C -> D6 D5 D4 D3 D7 -> D1 -> D2 -> F, G. A rule out of that order says why.
RULES: tuple[tuple[str, Callable[[Case], Verdict | None]], ...] = (
    ("E1", the_query.wrong_data),
    ("E1", the_query.several_near),
    ("E5", the_query.not_ours),
    # A refusal for the date is a refusal by code too, and what is parked by its deadline waits in the queue too.
    ("F1", time.date_refused),
    ("F2", time.too_late),
    # A quota and a permission close a gate too; A4 would only say that it is closed.
    ("C4", refused.quota),
    ("C3", refused.permission),
    # The number in the customer's hands is told before the payment that has no invoice.
    ("A5", lambda case: not_sent.handed_over(case) if case.state is None else None),
    ("A1", not_sent.never_requested),
    ("NOT_DUE", not_sent.cancelled),
    ("A2", not_sent.breaks_a_rule),
    ("A4", not_sent.carried_by_hand),
    ("A4", not_sent.gate_shut),
    # A number in the customer's hands also waits in the queue, which says less.
    ("A5", not_sent.handed_over),
    ("A3", not_sent.queued),
    # What was seen elsewhere, or is there without a seal, beats the silence that the lost answer leaves.
    ("D3", book.elsewhere),
    ("C7", refused.seal_failed),
    # The answer's detail says how it was lost.
    ("B3", lost.left_out_of_batch),
    ("B4", lost.session_not_closed),
    ("B1", lost.never_left),
    ("B2", lost.answer_lost),
    ("E2", the_query.outside_the_window),
    ("E3", the_query.query_service_out),
    # What was voided since is told before the negative that was false once.
    ("D6", book.voided),
    # What the asker can mend is told before what the query service once got wrong.
    ("D7", book.other_buyer),
    # A booking whose delivery or copy failed has that as its cause, whatever its queries did.
    ("G1", time.not_delivered),
    ("G2", time.copy_damaged),
    ("E4", the_query.false_negative),
    # A number that is taken is refused by code too, and no correction of the data helps.
    ("D4", book.number_taken),
    ("C1", refused.form),
    ("C2", refused.business),
    ("C5", refused.failed_inside),
    ("C6", refused.stuck),
    ("D5", book.other_content),
    ("D4", book.number_reused),
    ("D1", book.lagging),
    ("D2", book.not_booked),
    ("E2", the_query.older_than_the_window),
    ("IN_SYSTEM", book.in_system),
    ("B2", book.open_still),
)


def diagnose(facts: Facts, timers: Timers) -> Verdict:
    """The one cause that the facts show. Every state has one, and the evidence is never empty."""
    case = Case(facts, timers)
    for _, rule in RULES:
        verdict = rule(case)
        if verdict is not None:
            return verdict
    raise AssertionError("the last rule takes every invoice, and A1 everything else")
