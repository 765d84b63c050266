"""A customer's application about an invoice that got lost or is wrong, and who decided it. It moves nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from services.invoice_sync.domain.invoice import Party


class ApplicationKind(StrEnum):
    """What is the matter."""

    LOST = "LOST"
    WRONG = "WRONG"


class ApplicationState(StrEnum):
    """The contract's ApplicationState."""

    AWAITS_REVIEW = "AWAITS_REVIEW"
    REFUSED = "REFUSED"
    WITHDRAWN = "WITHDRAWN"
    COPIED = "COPIED"
    REISSUING = "REISSUING"
    REISSUED = "REISSUED"
    NOT_REISSUED = "NOT_REISSUED"


class Remedy(StrEnum):
    """What the second person decides upon."""

    COPY = "COPY"
    REISSUE = "REISSUE"


WORDS: dict[ApplicationState, tuple[str, str]] = {
    ApplicationState.AWAITS_REVIEW: ("A second person has to review it.", "等待第二人复核。"),
    ApplicationState.REFUSED: ("It was refused; the last step says why.", "复核未通过，原因见最近一步。"),
    ApplicationState.WITHDRAWN: ("It was withdrawn by who filed it.", "申请人已撤回。"),
    ApplicationState.COPIED: ("A replacement copy was given; the invoice is the same.", "已提供副本，原发票不变。"),
    ApplicationState.REISSUING: (
        "The invoice is being taken back by a red letter; the new one follows when that is booked.",
        "正在办理红字冲销，红字发票入库后开具新的蓝字发票。",
    ),
    ApplicationState.REISSUED: ("The new invoice is issued.", "新发票已开具。"),
    ApplicationState.NOT_REISSUED: (
        "No new invoice was issued; the last step says why. File it again when that is mended.",
        "未能重新开具，原因见最近一步；处理后请重新申请。",
    ),
}


@dataclass(frozen=True, slots=True)
class Proof:
    """A file that proves the matter, known by its SHA-256; its bytes stand sealed elsewhere."""

    sha256: str
    file_name: str = field(repr=False)
    media_type: str
    byte_count: int


@dataclass(frozen=True, slots=True)
class Application:
    """One application. `buyer` is as the new invoice shall have it; `amount_minor` its amount, 0 for the same.

    `reviewed_by`, never who filed it, and `remedy` are empty until it is reviewed.
    """

    application_id: str
    invoice_id: str
    payment_id: str
    merchant_id: str
    kind: ApplicationKind
    buyer: Party
    amount_minor: int
    why: str = field(repr=False)
    filed_by: str
    create_time: datetime
    state: ApplicationState
    state_time: datetime
    remedy: Remedy | None = None
    reviewed_by: str = ""
    red_letter_id: str = ""
    new_invoice_id: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationStep:
    """One step, never changed: who, when, why."""

    application_id: str
    step_no: int
    step_time: datetime
    operator: str
    to_state: ApplicationState
    why: str = field(repr=False)
