"""Compares what the authority's own book and submit log say with our database. It shares no code with the product.

Each question gives the rows that break it, so that an empty answer is the proof.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.support.processes import Processes

# With these the authority surely has nothing of a submit.
_NOT_TAKEN = {"NOT_RECEIVED", "THROTTLED", "AUTH", "QUOTA", "OUTAGE"}
_TO_SEND = {"READY", "RETRY_WAIT"}
_ROUNDS_NEEDED = 2


@dataclass(frozen=True)
class Sent:
    """A submit as our log has it; without an end its process died, or it is under way."""

    start: datetime
    sha256: str
    end: datetime | None
    outcome: str | None
    next_start: datetime | None


@dataclass
class Ours:
    """One invoice as our database has it. `states` has one entry for each row that says where it stands."""

    invoice_id: str
    order_no: str
    key: str
    sha256: str
    amount_minor: int
    states: list[str]
    number: str
    submits: list[Sent] = field(default_factory=list)
    rounds: list[datetime] = field(default_factory=list)
    acknowledged: bool = False


@dataclass(frozen=True)
class Heard:
    """A submit as the authority's log has it."""

    received: datetime
    sha256: str
    outcome: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Calls:
    """How many calls of a kind were begun, and how long those that ended took."""

    count: int
    p50_ms: int
    p99_ms: int


@dataclass(frozen=True)
class Witness:
    """Both sides at one moment, by invoice key."""

    ours: Mapping[str, Ours]
    heard: Mapping[str, Sequence[Heard]]
    book: Mapping[str, Sequence[Mapping[str, Any]]]
    payments_without_invoice: Sequence[str]
    calls: Mapping[str, Calls]

    def lost(self) -> list[str]:
        """Payments without an invoice, invoices that do not stand in exactly one state, keys that we do not know."""
        astray = [f"{each.order_no}: {each.states}" for each in self.ours.values() if len(each.states) != 1]
        unknown = [key for key in {*self.heard, *self.book} if key not in self.ours]
        return [*self.payments_without_invoice, *astray, *unknown]

    def duplicates(self) -> list[str]:
        """Orders that stand twice in the main book, and numbers that two invoices have."""
        booked = [row for rows in self.book.values() for row in rows]
        return [*_repeated(row["order_no"] for row in booked), *_repeated(row["number"] for row in booked)]

    def differing(self) -> list[str]:
        """Invoices that we call booked and the main book does not hold with our number, bytes and amount."""
        return [
            each.order_no
            for each in self.ours.values()
            if each.states in (["BOOKED"], ["CONFIRMED"])
            and [(row["number"], row["sha256"], row["amount_minor"]) for row in self.book.get(each.key, ())]
            != [(each.number, each.sha256, each.amount_minor)]
        ]

    def sent_unwritten(self) -> list[str]:
        """1: submits that came to the authority without a committed attempt that began before, or with other bytes."""
        return [
            key
            for key, heard in self.heard.items()
            if len(heard) > len(begun := self.ours[key].submits)
            or any(came.received < sent.start for came, sent in zip(heard, begun, strict=False))
            or {each.sha256 for each in [*heard, *begun]} != {self.ours[key].sha256}
        ]

    def two_leases(self, lease_seconds: float) -> list[str]:
        """2: something was begun for an invoice while a submit of it was under way under a live lease."""
        lease = timedelta(seconds=lease_seconds)
        return [
            each.order_no
            for each in self.ours.values()
            for sent in each.submits
            if sent.next_start is not None
            and sent.next_start < sent.start + lease
            and (sent.end is None or sent.next_start < sent.end)
        ]

    def resent_unproved(self) -> list[str]:
        """3: invoices sent again, or put up to be, whose last submit may have been taken and was not proved absent."""
        broken = []
        for each in self.ours.values():
            later = [sent.start for sent in each.submits[1:]]
            if each.submits and each.states[0] in _TO_SEND:
                later.append(datetime.max.replace(tzinfo=each.submits[0].start.tzinfo))
            for sent, again in zip(each.submits, later, strict=False):
                proved = sum(sent.start < moment <= again for moment in each.rounds) >= _ROUNDS_NEEDED
                if sent.outcome not in _NOT_TAKEN and not proved:
                    broken.append(each.order_no)
        return broken

    def resends(self) -> int:
        """How often the authority heard of a key again."""
        return sum(len(heard) - 1 for heard in self.heard.values())

    def broken(self, lease_seconds: float) -> dict[str, list[str]]:
        """Every question that has an answer; none should have."""
        asked = {
            "lost": self.lost(),
            "duplicates": self.duplicates(),
            "differing": self.differing(),
            "sent_unwritten": self.sent_unwritten(),
            "two_leases": self.two_leases(lease_seconds),
            "resent_unproved": self.resent_unproved(),
        }
        return {name: found for name, found in asked.items() if found}


async def witness(processes: Processes) -> Witness:
    """Read both sides now. The authority is read first: what it has must be with us already."""
    heard, book = await _heard(processes), await _book(processes)
    ours = await _ours(processes)
    without = await processes.fetch(
        "invoice_sync", "SELECT merchant_order_no FROM payment_follow WHERE invoice_id IS NULL"
    )
    calls = """
        SELECT operation, count(*), percentile_cont(ARRAY[0.5, 0.99])
            WITHIN GROUP (ORDER BY 1000 * extract(epoch FROM end_time - start_time)::float8)::int[]
        FROM attempt LEFT JOIN attempt_end USING (invoice_id, attempt_no) GROUP BY 1 ORDER BY 1
    """
    by_kind = {row[0]: Calls(row[1], *(row[2] or (0, 0))) for row in await processes.fetch("invoice_sync", calls)}
    return Witness(ours, heard, book, [row[0] for row in without], by_kind)


async def _ours(processes: Processes) -> dict[str, Ours]:
    stands = """
        SELECT invoice_id, merchant_order_no, idempotency_key, document_sha256, amount_minor,
            coalesce(array_agg(sync_state) FILTER (WHERE sync_state IS NOT NULL), '{}'),
            coalesce(max(invoice_number), '')
        FROM invoice LEFT JOIN (
            SELECT invoice_id, sync_state, invoice_number FROM outbox
            UNION ALL SELECT invoice_id, sync_state, invoice_number FROM settled
        ) AS stands USING (invoice_id) GROUP BY 1 ORDER BY 1
    """
    found = {row[0]: Ours(*row[:5], list(row[5]), row[6]) for row in await processes.fetch("invoice_sync", stands)}
    logged = """
        SELECT invoice_id, operation, start_time, request_sha256, end_time, outcome,
            lead(start_time) OVER (PARTITION BY invoice_id ORDER BY attempt_no) AS next_start, invoice_number
        FROM attempt LEFT JOIN attempt_end USING (invoice_id, attempt_no) ORDER BY invoice_id, attempt_no
    """
    for invoice_id, operation, start, sha256, end, outcome, next_start, number in await processes.fetch(
        "invoice_sync", logged
    ):
        one = found[invoice_id]
        one.acknowledged |= bool(number)
        if operation == "SUBMIT":
            one.submits.append(Sent(start, sha256, end, outcome, next_start))
    rounds = "SELECT invoice_id, round_time FROM absence_round WHERE canary <> 'NOT_SEEN'"
    for invoice_id, moment in await processes.fetch("invoice_sync", rounds):
        found[invoice_id].rounds.append(moment)
    return {one.key: one for one in found.values()}


async def _heard(processes: Processes) -> dict[str, list[Heard]]:
    heard: dict[str, list[Heard]] = defaultdict(list)
    asked = """
        SELECT idempotency_key, received_at, document_sha256, outcome, faults FROM submit_log
        ORDER BY idempotency_key, submit_id
    """
    for key, received, sha256, outcome, faults in await processes.fetch("tax_sandbox", asked):
        heard[key].append(Heard(received, sha256, outcome, tuple(faults.split(",")) if faults else ()))
    return heard


async def _book(processes: Processes) -> dict[str, list[dict[str, Any]]]:
    book: dict[str, list[dict[str, Any]]] = defaultdict(list)
    asked = """
        SELECT main_book.idempotency_key AS key, book_number AS number, main_book.document_sha256 AS sha256,
            main_book.amount_minor, order_no
        FROM main_book JOIN acceptance USING (invoice_number) ORDER BY book_number
    """
    for row in await processes.fetch("tax_sandbox", asked):
        book[row["key"]].append(dict(row))
    return book


def _repeated(values: Any) -> list[str]:
    seen, repeated = set(), []
    for value in values:
        if value in seen:
            repeated.append(value)
        seen.add(value)
    return repeated
