"""What is made of a submit: taken, known before, refused or turned away. It writes nothing and counts no fault."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from services.tax_sandbox.domain import reply
from services.tax_sandbox.domain.acceptance import Acceptance, Record, number_of, schedule_of
from services.tax_sandbox.domain.calendar import day_of
from services.tax_sandbox.domain.document import Kind, Refusal, TaxDocument
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply
from services.tax_sandbox.domain.seller import SellerStanding

# Takes the first fault of a phase that falls on an occasion and is not spent, and counts it as used.
Strike = Callable[[Phase, Occasion], FaultPlan | None]


@dataclass(frozen=True, slots=True)
class Submit:
    """A document under a key, as it came, with the faults that its call asked for.

    `at_portal` is whether a person brought it, which no fault of the protocol strikes.
    """

    place: Place
    key: str
    body: bytes
    sha256: str
    document: TaxDocument | Refusal
    traceparent: str = ""
    asked: tuple[FaultPlan, ...] = ()
    has_newest_credential: bool = False
    at_portal: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """`booking_delay_seconds` passes between the yes and the row in the main book when no fault says otherwise.

    A document is taken until `filing_days` after its issue date.
    """

    booking_delay_seconds: float
    filing_days: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What the authority knows that bears on a submit. `sequence` is the next place in its own numbers."""

    now: datetime
    sequence: int
    record: Record | None
    earlier_count: int
    throttled_count: int
    seller: SellerStanding
    # Of a number that the seller chose: whether a range of the seller has it, and whether another invoice does.
    number_is_own: bool = False
    number_is_used: bool = False
    # Of a red letter: the amount of its confirmed form, if there is one that no red invoice has used.
    red_form_amount_minor: int | None = None
    # For the lie of DUPLICATE: a number that was given to another key.
    other_number: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was made of a submit; `outcome` is its word in the log. `acceptance` is to be written, or written anew."""

    outcome: str
    reply: Reply
    struck: tuple[FaultPlan, ...] = ()
    acceptance: Acceptance | None = None
    is_new: bool = field(default=False)


def judge(submit: Submit, facts: Facts, rules: Rules, strike: Strike) -> Verdict:
    """Decide on a submit. A repeat gets the first answer again; rules are only asked of what is new."""
    document, record = submit.document, facts.record
    if isinstance(document, Refusal):
        return Verdict("REFUSED", reply.refused(422, document))
    occasion = occasion_of(submit, document, facts)
    if turned_away := _at_door(submit, occasion, facts, strike):
        return turned_away
    if record and record.acceptance.document_sha256 != submit.sha256:
        return Verdict("KEY_REUSED", reply.key_reused())
    if record is None and (refusal := _refusal(document, facts, rules)):
        return Verdict("REFUSED", refusal)
    in_booking = strike(Phase.BOOKING, occasion) if record is None or record.is_swallowed() else None
    schedule = schedule_of(in_booking, submit.place, facts.now, rules.booking_delay_seconds)
    acceptance = record.acceptance if record else _acceptance(submit, document, facts)
    in_answer = strike(Phase.ANSWER, occasion)
    said = reply.accepted(acceptance, duplicate=record is not None)
    return Verdict(
        "DUPLICATE" if record else "ACCEPTED",
        reply.on_its_way(said, in_answer),
        tuple(plan for plan in (in_booking, in_answer) if plan),
        replace(acceptance, schedule=schedule) if record is None or record.is_swallowed() else None,
        is_new=record is None,
    )


def occasion_of(submit: Submit, document: TaxDocument, facts: Facts) -> Occasion:
    """What a fault may fall on."""
    return Occasion(
        submit.place,
        submit.key,
        document.order_no,
        document.seller_tax_id,
        first_of_key=facts.earlier_count == 0,
        has_newest_credential=submit.has_newest_credential,
        now=facts.now,
        asked=submit.asked,
    )


def _at_door(submit: Submit, occasion: Occasion, facts: Facts, strike: Strike) -> Verdict | None:
    if at_gate := strike(Phase.GATE, occasion):
        return Verdict("TURNED_AWAY", reply.stopped(at_gate, facts.now), (at_gate,))
    if at_door := strike(Phase.DOOR, occasion):
        if at_door.fault is FaultName.DUPLICATE:
            # Where nobody has a number yet, it is the one that the next will get.
            other = facts.other_number or number_of(facts.now.year, submit.place.region, facts.sequence)
            said = reply.lied(other, submit.sha256, facts.now)
        else:
            said = reply.turned_away(at_door, facts.throttled_count, facts.seller.quota(facts.now))
        return Verdict("TURNED_AWAY", said, (at_door,))
    return None


def _refusal(document: TaxDocument, facts: Facts, rules: Rules) -> Reply | None:
    today = day_of(facts.now)
    if document.issue_date > today:
        return reply.refused(422, Refusal("E4007", f"issue_date lies ahead; here it is {today}", "issue_date"))
    if document.issue_date < today - timedelta(days=rules.filing_days):
        sentence = f"too late: a document is taken until {rules.filing_days} days after its issue_date"
        return reply.refused(422, Refusal("E4009", sentence, "issue_date"))
    if refusal := facts.seller.refusal():
        return reply.refused(403, refusal)
    if refusal := _number_refusal(document, facts) or _red_refusal(document, facts):
        return reply.refused(422, refusal)
    if facts.seller.is_exhausted_by(document.amount_minor):
        return reply.quota_exhausted(facts.seller.quota(facts.now))
    return None


def _number_refusal(document: TaxDocument, facts: Facts) -> Refusal | None:
    if document.number and not facts.number_is_own:
        return Refusal("E9401", "the number is in no range of this seller", "number")
    if document.number and facts.number_is_used:
        return Refusal("E9402", "the number was used under another key", "number")
    return None


def _red_refusal(document: TaxDocument, facts: Facts) -> Refusal | None:
    if document.kind is not Kind.RED:
        return None
    if facts.red_form_amount_minor is None:
        return Refusal("E9403", "there is no confirmed red-letter form of this id that is unused", "red_form_id")
    if facts.red_form_amount_minor != document.amount_minor:
        return Refusal("E9404", "the amount is not that of the confirmed form", "amount_minor")
    return None


def _acceptance(submit: Submit, document: TaxDocument, facts: Facts) -> Acceptance:
    number = document.number or number_of(document.issue_date.year, submit.place.region, facts.sequence)
    return Acceptance(
        invoice_number=number,
        place=submit.place,
        idempotency_key=submit.key,
        seller_tax_id=document.seller_tax_id,
        buyer_tax_id=document.buyer_tax_id,
        order_no=document.order_no,
        kind=document.kind,
        amount_minor=document.amount_minor,
        issue_date=document.issue_date,
        red_of=document.red_of,
        red_form_id=document.red_form_id,
        document_sha256=submit.sha256,
        accepted_at=facts.now,
        schedule=schedule_of(None, submit.place, facts.now, 0),
    )
