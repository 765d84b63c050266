"""Facts for the tests of the diagnosis: an invoice in a state, with the outcomes of its attempts in order."""

from datetime import date, datetime, timedelta

from services.invoice_sync.domain.absence import Canary, Round
from services.invoice_sync.domain.attempt import Attempt, Operation, Outcome, TaxAnswer
from services.invoice_sync.domain.diagnosis import Asked, Claim, Facts, Resolution
from services.invoice_sync.domain.diagnosis.facts import (
    ArchiveCheck,
    Delivery,
    Elsewhere,
    Foreign,
    Near,
    NumberUse,
    Probed,
    ProbeKind,
    Watermark,
)
from services.invoice_sync.domain.log_chain import GENESIS
from services.invoice_sync.domain.standing import IDLE, WORKS, ParkedReason, Standing, SyncState
from tests.invoice_sync.builders import NOON, a_payment, a_profile, an_invoice

LONG_AGO = NOON - timedelta(days=1)
OTHER_SHA256 = {"document_sha256": "f" * 64}
OTHER_BUYER = "91420100MA4KXXXX1Y"
NUMBER = "26427000000012345678"

_OF_STANDING = ("parked", "red_number", "settle_from", "book_time")

Step = tuple[Operation, Outcome | None, dict]


def asked(outcome: Outcome | None, **answer) -> Step:
    return Operation.QUERY_BY_KEY, outcome, answer


def sent(outcome: Outcome | None, **answer) -> Step:
    return Operation.SUBMIT, outcome, answer


def facts(state: SyncState | None, *steps: Step, age_seconds: int = 10, **changes) -> Facts:
    """An invoice in a state, that many seconds after its last move; without a state there is only its payment.

    `parked`, `red_number`, `settle_from` and `book_time` are of its standing.
    """
    since, payment = NOON - timedelta(seconds=age_seconds), a_payment(payment_id="pay_1", merchant_order_no="NO1")
    known = {
        "now": NOON,
        "asked": a_question(),
        "payment": payment,
        "heard_time": LONG_AGO,
        "profile": a_profile(),
        "issue_date": date(2026, 3, 1),
    }
    of_standing = {name: changes.pop(name) for name in _OF_STANDING if name in changes}
    if state is not None:
        known["invoice"] = an_invoice(payment, since)
        known["standing"] = standing_of(state, since, **of_standing)
        known["attempts"] = [an_attempt(no, since, *step) for no, step in enumerate(steps, start=1)]
    return Facts(**known | changes)


def an_attempt(no: int, start_time: datetime, operation: Operation, outcome: Outcome | None, answer: dict) -> Attempt:
    told = {"authority_code": "E1"} | answer
    return Attempt(
        attempt_id=f"att_{no}",
        invoice_id="inv_1",
        attempt_no=no,
        operation=operation,
        start_time=start_time,
        end_time=None,
        request_sha256="",
        trace_id="",
        answer=TaxAnswer(outcome, "", **told) if outcome else None,
    )


def standing_of(
    state: SyncState,
    since: datetime = NOON,
    *,
    parked: ParkedReason = ParkedReason.NOT_PARKED,
    red_number: str = "",
    settle_from: datetime | None = None,
    book_time: datetime | None = None,
) -> Standing:
    """A standing as the store would give it: what is due is due now."""
    work = None if state in IDLE else WORKS[state][0]
    return Standing(
        invoice_id="inv_1",
        version=1,
        sync_state=state,
        work=work,
        due_at=NOON if work else None,
        deadline_at=since + timedelta(days=1),
        tries=3,
        submit_count=1,
        attempt_count=1,
        look_count=0,
        seal_count=0,
        invoice_number=NUMBER,
        red_number=red_number,
        ack_time=since,
        book_time=book_time,
        confirm_time=None,
        settle_from=settle_from or since,
        state_time=since,
        create_time=since,
        parked_reason=parked,
        log_head=GENESIS,
    )


def a_question(reference: str = "inv_1", meant: str = "", **claim) -> Asked:
    resolution = Resolution.CORRECTED if meant else Resolution.EXACT
    return Asked(reference, NOON, resolution, meant, Claim(**claim))


def several_are_near(**changes) -> Facts:
    near = Near((NUMBER, NUMBER[:-1] + "9"), count=2)
    return Facts(now=NOON, asked=Asked("1" * 20, NOON, Resolution.NEAR, near=near), **changes)


def not_found_here(**changes) -> Facts:
    return Facts(now=NOON, asked=Asked("1" * 20, NOON, Resolution.NOT_OURS), **changes)


def number_asked(outcome: Outcome, seller: str = "") -> Foreign:
    probed = Probed("prb_1", ProbeKind.NUMBER, NOON, 12, up=True, answer=TaxAnswer(outcome, ""))
    return Foreign(probed, seller)


def a_round(*, seconds: int = 0, canary: str = "SEEN") -> Round:
    return Round("rnd_1", NOON + timedelta(seconds=seconds), Canary(canary))


def a_canary(*, up: bool) -> Probed:
    outcome = Outcome.OK if up else Outcome.NOT_FOUND
    return Probed("prb_2", ProbeKind.CANARY, NOON, 20, up=up, answer=TaxAnswer(outcome, ""))


def handed(handed_time: datetime | None = NOON) -> NumberUse:
    return NumberUse("rng_1", NUMBER, LONG_AGO, handed_time)


def found_elsewhere() -> Elsewhere:
    return Elsewhere("att_9", NOON, "production/11")


def the_book_complete_until(seconds: int) -> Watermark:
    """A watermark that many seconds from when the authority took the invoice, ten seconds ago."""
    return Watermark("att_8", NOON, NOON + timedelta(seconds=seconds - 10))


def undelivered() -> Delivery:
    return Delivery("dlv_1", NOON, arrived=False, channel="email", reason="mailbox full")


def archive(*, whole: bool) -> ArchiveCheck:
    return ArchiveCheck("swp_1", NOON, opens=True, same_hash=whole)
