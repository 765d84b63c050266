"""What can happen to an invoice, as values for the machine. They decide nothing; each names what it knows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.invoice_sync.domain.attempt import TaxAnswer
from services.invoice_sync.domain.lookup import Finding


@dataclass(frozen=True, slots=True)
class Claimed:
    """An uploader takes the lease; the attempt is written down with it, before the first byte."""


@dataclass(frozen=True, slots=True)
class Answered:
    """The submit ended with this answer, or with UNKNOWN for the lack of one."""

    answer: TaxAnswer


@dataclass(frozen=True, slots=True)
class LeaseExpired:
    """Who held the lease did not come back; whether anything was sent cannot be told."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The authority's main database was asked, and this is what its answers say together.

    `next_round_at` is when the next negative answer counts in the proof of absence; None when none is gathered.
    `outage_until` is the end of an outage that the authority announced for a time since what is asked for was sent;
    None when there was none.
    """

    finding: Finding
    answers: Sequence[TaxAnswer] = ()
    next_round_at: datetime | None = None
    outage_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class AbsenceSuspected:
    """One round of the proof of absence stands; another must follow."""


@dataclass(frozen=True, slots=True)
class AbsenceProved:
    """Every round of the proof of absence stands."""


@dataclass(frozen=True, slots=True)
class PutBack:
    """What was proved absent is to be sent again: the same bytes under the same key.

    `sent_count` is how many of its submits the authority may have had. `own_number` is the number that the document
    bears, and so keeps; empty when the authority gives them.
    """

    sent_count: int
    own_number: str = ""


@dataclass(frozen=True, slots=True)
class Reread:
    """A booked invoice was read back once more.

    `watermark_above`: the authority says that all up to our booking is final. `totals_equal` compares the control
    totals of the seller's day with ours; None when there are none to compare.
    """

    finding: Finding
    watermark_above: bool
    totals_equal: bool | None
    answers: Sequence[TaxAnswer] = ()


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A person asks again for what was given up, or refused for a reason outside the document.

    `own_number` as in PutBack.
    """

    own_number: str = ""


@dataclass(frozen=True, slots=True)
class Corrected:
    """What was refused or invalid was corrected; `version` and `own_number` are of the new document."""

    version: int
    own_number: str = ""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """People decided to leave it as it is; the reason stands in the log."""

    reason: str


@dataclass(frozen=True, slots=True)
class Lowered:
    """Money of it went back before it was sent, and its document was made again for what is left.

    `version` and `own_number` are of the new document; `valid` is whether that breaks no rule of ours.
    """

    version: int
    own_number: str
    valid: bool


@dataclass(frozen=True, slots=True)
class Cancelled:
    """All that it was for went back before it was sent."""


@dataclass(frozen=True, slots=True)
class Overtaken:
    """Money of it went back while it was away, and it came back unsent: it waits to be made again."""


@dataclass(frozen=True, slots=True)
class MoneySettled:
    """What it was to be made again for came again: it is right as it is."""


@dataclass(frozen=True, slots=True)
class HandedOver:
    """A person takes it to the authority by hand; nothing is sent from here any more."""


@dataclass(frozen=True, slots=True)
class ReceiptRead:
    """A receipt for what was carried there came back. It proves nothing: the authority is asked at once."""


@dataclass(frozen=True, slots=True)
class Released:
    """Nobody carries it there any more; whether somebody had is not known."""


@dataclass(frozen=True, slots=True)
class SealAnswered:
    """The call for a seal ended with this answer."""

    answer: TaxAnswer


Event = (
    Claimed
    | Answered
    | LeaseExpired
    | LookedUp
    | AbsenceSuspected
    | AbsenceProved
    | PutBack
    | Reread
    | AskedAgain
    | Corrected
    | Abandoned
    | Lowered
    | Cancelled
    | Overtaken
    | MoneySettled
    | SealAnswered
    | HandedOver
    | ReceiptRead
    | Released
)
