"""An authority in memory that plays tricks: the machine's tests ask its book what really became of an invoice."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer

START = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
NOT_SENT = (Outcome.NOT_RECEIVED, Outcome.THROTTLED, Outcome.AUTH, Outcome.QUOTA, Outcome.OUTAGE)
# The tricks by which nothing gets into its book, and what it answers; None when no answer comes.
_NOT_TAKEN: dict[str, Outcome | None] = {
    **{outcome.value: outcome for outcome in NOT_SENT},
    "LOSE_REQUEST": None,
    "FAULT_BEFORE": Outcome.AUTHORITY_FAULT,
    "REJECT": Outcome.REJECTED_BUSINESS,
    "NONSENSE": Outcome.NOT_YET,
}
# What it, or the way to it, does with a submit; the second word is for how its book then has it.
TRICKS = [
    "BOOK",
    "BOOK LATE",
    "BOOK STUCK",
    "BOOK UNSEALED",
    "BOOK UNNUMBERED",
    "LOSE_ANSWER",
    "LOSE_ANSWER LATE",
    "FORGET",
    "FAULT_AFTER",
    "FOREIGN",
    *_NOT_TAKEN,
]


@dataclass
class Record:
    """What the authority keeps under a key."""

    key: str
    sha256: str
    number: str
    book_at: datetime | None
    sealed: bool = True
    voided: bool = False
    numbered: bool = True
    told_time: datetime = START


@dataclass
class Authority:
    """An authority that keeps one record for each key, and plays the trick that it is told to play."""

    records: dict[str, Record] = field(default_factory=dict)
    # The keys under which someone else's invoice came to stand.
    foreign: set[str] = field(default_factory=set)
    numbers: itertools.count = field(default_factory=lambda: itertools.count(1))

    def submit(self, key: str, sha256: str, now: datetime, trick: str, told_time: datetime) -> TaxAnswer | None:
        """Its answer; None when there is none."""
        what, _, how = trick.partition(" ")
        if what in _NOT_TAKEN and not (what == "REJECT" and key in self.records):
            outcome = _NOT_TAKEN[what]
            return TaxAnswer(outcome, "") if outcome else None
        if key in self.records:
            return self._known(self.records[key], sha256)
        made = self._take(key, "other" if what == "FOREIGN" else sha256, now, how, told_time)
        if what == "FOREIGN":
            self.foreign.add(key)
        if what == "FORGET":
            del self.records[key]
        if what == "LOSE_ANSWER":
            return None
        outcome = Outcome.AUTHORITY_FAULT if what == "FAULT_AFTER" else Outcome.ACCEPTED
        return TaxAnswer(outcome, "", invoice_number=made.number if made.numbered else "", ack_time=told_time)

    def query(self, record: Record | None, now: datetime) -> TaxAnswer:
        if record is None:
            return TaxAnswer(Outcome.NOT_FOUND, "")
        told = {"invoice_number": record.number, "document_sha256": record.sha256, "book_time": record.told_time}
        if record.voided:
            return TaxAnswer(Outcome.VOIDED, "", red_number="R" + record.number, **told)
        if not record.sealed:
            return TaxAnswer(Outcome.SEAL_FAILED, "", **told)
        booked = record.book_at is not None and record.book_at <= now
        if not booked:
            told["invoice_number"] = record.number if record.numbered else ""
        return TaxAnswer(Outcome.OK if booked else Outcome.NOT_YET, "", **told)

    def by_number(self, number: str) -> Record | None:
        return next((record for record in self.records.values() if record.number == number), None)

    def _known(self, record: Record, sha256: str) -> TaxAnswer:
        if record.sha256 != sha256:
            return TaxAnswer(Outcome.MISMATCH, "")
        return TaxAnswer(Outcome.DUPLICATE, "", invoice_number=record.number if record.numbered else "")

    def _take(self, key: str, sha256: str, now: datetime, how: str, told_time: datetime) -> Record:
        waits = {"LATE": timedelta(hours=2), "STUCK": None}.get(how, timedelta(seconds=3))
        record = Record(
            key=key,
            sha256=sha256,
            number=f"{next(self.numbers):020}",
            book_at=None if waits is None else now + waits,
            sealed=how != "UNSEALED",
            numbered=how != "UNNUMBERED",
            told_time=told_time,
        )
        self.records[key] = record
        return record
