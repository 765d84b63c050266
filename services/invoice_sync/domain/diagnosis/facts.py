"""All that a diagnosis may look at, as values that were read before. It reads nothing and judges nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from services.invoice_sync.domain.absence import Round
from services.invoice_sync.domain.attempt import Attempt, Outcome, TaxAnswer
from services.invoice_sync.domain.document_rules import Broken
from services.invoice_sync.domain.gate import Shut
from services.invoice_sync.domain.hold import Hold
from services.invoice_sync.domain.invoice import Invoice
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.policy import Profile
from services.invoice_sync.domain.standing import Standing


class Resolution(StrEnum):
    """How the reference led to what is known here."""

    EXACT = "EXACT"
    CORRECTED = "CORRECTED"  # only a mistyped form of it is known
    NEAR = "NEAR"  # several mistyped forms of it are known, and any may be meant
    NOT_OURS = "NOT_OURS"  # nothing is known by it, nor by any mistyped form of it


@dataclass(frozen=True, slots=True)
class Claim:
    """What the asker says about the invoice; an empty field (0, None) was not told. `amount_minor` includes tax."""

    invoice_number: str = ""
    issue_date: date | None = None
    amount_minor: int = 0
    buyer_tax_id: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Near:
    """References of ours that are one slip away from the one that was asked for, where they are several.

    `references` are those that may be meant, the likeliest first: those that fit what the asker said, or all when none
    does. `count` is how many are near in all, `fit_count` how many of them fit; None when the asker said nothing.
    """

    references: tuple[str, ...]
    count: int
    fit_count: int | None = None

    @property
    def alone(self) -> str:
        """The one that fits alone what the asker said; empty when there is no such one."""
        return self.references[0] if self.fit_count == 1 else ""


@dataclass(frozen=True, slots=True)
class Asked:
    """The question itself. `meant` is the reference that was probably meant, when it was CORRECTED.

    `near` is told where several could be meant, and also where what the asker said left one of them.
    """

    reference: str
    asked_time: datetime
    resolution: Resolution = Resolution.EXACT
    meant: str = ""
    claim: Claim = Claim()
    near: Near | None = None


class ProbeKind(StrEnum):
    """What a probe asked."""

    PING = "PING"  # is the interface up?
    CANARY = "CANARY"  # a question for an invoice that is known to be booked
    NUMBER = "NUMBER"  # a question for a number that somebody asked about


_FOUND = frozenset({Outcome.OK, Outcome.NOT_YET, Outcome.VOIDED, Outcome.SEAL_FAILED})
_UP: Mapping[ProbeKind, frozenset[Outcome]] = {
    ProbeKind.PING: frozenset({Outcome.OK}),
    ProbeKind.CANARY: frozenset({Outcome.OK}),
    ProbeKind.NUMBER: _FOUND | {Outcome.NOT_FOUND},
}


def is_up(kind: ProbeKind, outcome: Outcome) -> bool:
    """Whether a probe was answered as it should be; only a number that somebody names may rightly not be found."""
    return outcome in _UP[kind]


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe and its answer. `up` means that it answered as it should: a canary was seen."""

    probe_id: str
    kind: ProbeKind
    start_time: datetime
    duration_ms: int
    up: bool
    answer: TaxAnswer


@dataclass(frozen=True, slots=True)
class Foreign:
    """What the authority says of a number that is not in our books; no seller when it does not know the number."""

    probe: Probed
    seller_tax_id: str = field(default="", repr=False)
    seller_is_ours: bool = False


@dataclass(frozen=True, slots=True)
class NumberUse:
    """A number of a range that the authority gave our seller before; handed to the customer, or None if never."""

    range_id: str
    number: str
    take_time: datetime
    handed_time: datetime | None


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where else the authority holds it: an environment and region such as production/11, by this attempt."""

    attempt_id: str
    found_time: datetime
    place: str


@dataclass(frozen=True, slots=True)
class Watermark:
    """The instant, by the authority's clock, below which its main book is complete; told in this attempt."""

    attempt_id: str
    told_time: datetime
    complete_until: datetime


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """When an uploader last took work for a route."""

    route_key: str
    claim_time: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """How the invoice went to the customer. `reason` is the carrier's, when it did not arrive."""

    delivery_id: str
    deliver_time: datetime
    arrived: bool
    channel: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ArchiveCheck:
    """A check of the stored copy: whether it opens and has the hash that the document had."""

    check_id: str
    check_time: datetime
    opens: bool
    same_hash: bool


@dataclass(frozen=True, slots=True)
class Facts:
    """All that is known. What was not read, or is not there, is None or empty.

    `heard_time` is when the feed first told of the payment. `attempts` are in order; of an invoice that has very many,
    the newest of each operation. `rounds` are all that were counted, those that a later sign of presence voided too.
    `lease_until` is of the lease that is held on it. `shut` is the verdict on its own gate, `holds` are those in force
    there. `heartbeat` is of its route. `probes` are the newest of each kind.
    """

    now: datetime
    asked: Asked
    payment: Payment | None = None
    heard_time: datetime | None = None
    profile: Profile | None = None
    invoice: Invoice | None = None
    issue_date: date | None = None
    standing: Standing | None = None
    lease_until: datetime | None = None
    attempts: Sequence[Attempt] = ()
    rounds: Sequence[Round] = ()
    broken: Sequence[Broken] = ()
    shut: Shut | None = None
    holds: Sequence[Hold] = ()
    heartbeat: Heartbeat | None = None
    probes: Sequence[Probed] = ()
    number_use: NumberUse | None = None
    elsewhere: Elsewhere | None = None
    watermark: Watermark | None = None
    foreign: Foreign | None = None
    deliveries: Sequence[Delivery] = ()
    archive: ArchiveCheck | None = None
