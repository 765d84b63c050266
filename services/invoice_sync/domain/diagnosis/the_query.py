"""Rules of causes E1 to E5: the question or its answer misleads. Each gives a verdict, or None if it is not that."""

from dataclasses import replace
from datetime import timedelta

from services.invoice_sync.domain.absence import Absence, Canary
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.diagnosis import around
from services.invoice_sync.domain.diagnosis.case import ASKED_FOR, Case
from services.invoice_sync.domain.diagnosis.codes import OUTSIDE_CODES
from services.invoice_sync.domain.diagnosis.facts import Near, Resolution
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict
from services.invoice_sync.domain.diagnosis.words import SEVERAL_NEAR
from services.invoice_sync.domain.evidence import Evidence, of_round
from services.invoice_sync.domain.standing import SyncState

_SUGGESTED_MAX = 3


def wrong_data(case: Case) -> Verdict | None:
    """E1: it is in the system, and was asked for with a number, date or amount that is not its own."""
    wrong = _differences(case) if case.seen else []
    if not wrong:
        return None
    asked, meant = case.facts.asked, case.facts.asked.meant
    right = ", ".join(f"{what} {value}" for what, _, _, value in wrong)
    right_zh = "，".join(f"{what_zh} {value}" for _, what_zh, _, value in wrong)
    typed = ", ".join(f"{what} {told}" for what, _, told, _ in wrong)
    typed_zh = "，".join(f"{what_zh} {told}" for _, what_zh, told, _ in wrong)
    row = Evidence(
        "question",
        asked.reference,
        asked.asked_time,
        f"asked with {typed}; right is {right}",
        f"查询信息：{typed_zh}；正确信息：{right_zh}",
    )
    if asked.near is not None:
        row = _of_several(row, asked.near)
    confidence = Confidence.LIKELY if asked.resolution is Resolution.CORRECTED else Confidence.PROVED
    call = f"GET /v1/diagnoses/{meant or '{invoice_id}'}"
    rows = [row, *case.question_rows()]
    return case.verdict("E1", confidence, Action.ASK_AGAIN, rows, right=right, right_zh=right_zh, call=call)


def _of_several(row: Evidence, near: Near) -> Evidence:
    words, words_zh = around.near_words(near)
    return replace(row, fact=f"{row.fact}; {words}", fact_zh=f"{row.fact_zh}；{words_zh}")


def _differences(case: Case) -> list[tuple[str, str, str, str]]:
    """What differs: its name in both languages, what was told, and what is right."""
    facts, standing, invoice = case.facts, case.facts.standing, case.facts.invoice
    if standing is None or invoice is None:
        return []
    claim, wrong = facts.asked.claim, []
    if facts.asked.resolution is Resolution.CORRECTED:
        wrong.append(("reference", "编号", facts.asked.reference, facts.asked.meant))
    if claim.invoice_number and claim.invoice_number != standing.invoice_number:
        wrong.append(("invoice number", "发票号码", claim.invoice_number, standing.invoice_number))
    if claim.issue_date and facts.issue_date and claim.issue_date != facts.issue_date:
        wrong.append(("issue date", "开票日期", str(claim.issue_date), str(facts.issue_date)))
    if claim.amount_minor and claim.amount_minor != invoice.amount.amount_minor:
        wrong.append(
            ("amount in minor units", "价税合计（分）", str(claim.amount_minor), str(invoice.amount.amount_minor))
        )
    return wrong


def several_near(case: Case) -> Verdict | None:
    """E1: several of ours are one slip away. A number that the authority has under a seller was not mistyped."""
    asked, foreign = case.facts.asked, case.facts.foreign
    if asked.resolution is not Resolution.NEAR or asked.near is None or (foreign and foreign.seller_tax_id):
        return None
    what, what_zh = around.near_words(asked.near)
    likeliest = asked.near.references[:_SUGGESTED_MAX]
    told = {"what": what, "what_zh": what_zh, "right": ", ".join(likeliest), "right_zh": "、".join(likeliest)}
    rows = [around.of_asked(asked), *([around.of_foreign(foreign)] if foreign else [])]
    return case.verdict(
        "E1",
        Confidence.LIKELY,
        Action.ASK_AGAIN,
        rows,
        SEVERAL_NEAR,
        suggestion=",".join(likeliest),
        call=f"GET /v1/diagnoses/{likeliest[0]}",
        **told,
    )


def not_ours(case: Case) -> Verdict | None:
    """E5: nothing here is known by it, and it is in no range of ours. The authority's own word makes it sure."""
    facts = case.facts
    nothing = facts.payment is None and facts.invoice is None and facts.number_use is None
    if facts.asked.resolution not in (Resolution.NEAR, Resolution.NOT_OURS) or not nothing:
        return None
    rows, confidence = [around.of_asked(facts.asked)], Confidence.LIKELY
    if facts.foreign is not None:
        rows.append(around.of_foreign(facts.foreign))
        sure = facts.foreign.seller_tax_id or facts.foreign.probe.answer.outcome is Outcome.NOT_FOUND
        confidence = Confidence.PROVED if sure and not facts.foreign.seller_is_ours else Confidence.LIKELY
    return case.verdict("E5", confidence, Action.ESCALATE, rows)


def outside_the_window(case: Case) -> Verdict | None:
    """E2: the authority itself says that its query service does not reach back so far."""
    codes = {each.answer.authority_code for each in case.last_questions() if each.answer is not None}
    if case.state not in ASKED_FOR or not codes & OUTSIDE_CODES:
        return None
    return case.verdict("E2", Confidence.LIKELY, Action.ESCALATE, case.proof())


def older_than_the_window(case: Case) -> Verdict | None:
    """E2: it is booked, and by its date the query service no longer knows it."""
    issued = case.facts.issue_date
    if not case.seen or issued is None or case.facts.now.date() - issued <= timedelta(days=case.timers.query_days):
        return None
    return case.verdict("E2", Confidence.PROVED, Action.NONE, case.question_rows())


def query_service_out(case: Case) -> Verdict | None:
    """E3: the questions fail. A single failure overrules neither a round that counted nor a lost answer."""
    if case.state not in ASKED_FOR:
        return None
    counted = case.absence() is not Absence.OPEN or case.state is SyncState.UNKNOWN
    if not case.query_service_out() and (counted or not case.question_failed()):
        return None
    rows = [*case.proof(), *case.probe_rows()]
    return case.verdict("E3", Confidence.OPEN, case.patience(case.last_told()), rows)


def false_negative(case: Case) -> Verdict | None:
    """E4: a negative that counted was wrong: it is there, and was not sent since, or was booked before that."""
    standing = case.facts.standing
    if standing is None or not (case.seen or (_shown_again(case) and case.absence() is Absence.OPEN)):
        return None
    denied = [each for each in case.facts.rounds if each.canary is not Canary.NOT_SEEN]
    last = case.last_submit()
    sent_time, book_time = (last.start_time if last else None), standing.book_time
    since = [each for each in denied if sent_time is None or each.round_time >= sent_time]
    # That it was a duplicate when it was sent again tells what was taken, not what was in the book.
    if not since and not (book_time and any(book_time < each.round_time for each in denied)):
        return None
    action = Action.NONE if case.seen else Action.WAIT
    # The authority's own clock alone says that it was booked before.
    confidence = Confidence.PROVED if since else Confidence.LIKELY
    rounds = [of_round(each) for each in denied]
    return case.verdict("E4", confidence, action, [*case.sent_rows(), *case.question_rows(), *rounds])


def _shown_again(case: Case) -> bool:
    """Whether what was suspected gone is shown again, and for no longer than the SLA, after which that matters more."""
    standing = case.facts.standing
    fresh = standing is not None and not case.older_than(case.timers.sla_seconds, standing.state_time)
    asked = case.questions()
    newest = asked[-1].answer if asked else None
    seen = newest is not None and newest.outcome in (Outcome.NOT_YET, Outcome.OK)
    return fresh and seen and case.state in (SyncState.ACKED, SyncState.SUBMITTED)
