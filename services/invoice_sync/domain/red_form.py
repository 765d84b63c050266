"""The authority's confirmation form that stands before a red letter, as it tells it. 红字信息确认单 It moves none."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

# 国家税务总局公告: a form that the other side has not confirmed after 72 hours is void.
CONFIRMED_WITHIN = timedelta(hours=72)


class Side(StrEnum):
    """Who applied for a form; the other one confirms or refuses it."""

    SELLER = "SELLER"
    BUYER = "BUYER"


class FormMove(StrEnum):
    """What a side may do with a form."""

    CONFIRM = "CONFIRM"
    REFUSE = "REFUSE"
    WITHDRAW = "WITHDRAW"


class FormState(StrEnum):
    """The authority's states, with the codes that the Chinese platforms number them by."""

    NO_CONFIRMATION_NEEDED = "NO_CONFIRMATION_NEEDED"  # 01: the buyer has not entered the invoice in its books
    AWAITING_BUYER = "AWAITING_BUYER"  # 02
    AWAITING_SELLER = "AWAITING_SELLER"  # 03
    CONFIRMED = "CONFIRMED"  # 04
    REFUSED = "REFUSED"  # 05 by the buyer, 06 by the seller
    VOID_72H = "VOID_72H"  # 07
    WITHDRAWN = "WITHDRAWN"  # 08
    WITHDRAWN_CONFIRMED = "WITHDRAWN_CONFIRMED"  # 09
    VOID_ABNORMAL = "VOID_ABNORMAL"  # 10: the authority holds the blue invoice for abnormal


@dataclass(frozen=True, slots=True)
class RedForm:
    """A form; `amount_minor` is below zero, times are the authority's own.

    `red_number` is of the red invoice that used it; empty until one did.
    """

    form_id: str
    state: FormState
    blue_number: str
    amount_minor: int
    reason: str = field(repr=False)
    applied_by: Side
    apply_time: datetime
    red_number: str = ""


@dataclass(frozen=True, slots=True)
class RedApplication:
    """What a form is applied for with. `reason` names our letter, so that a form whose answer was lost is known."""

    blue_number: str
    amount_minor: int
    reason: str = field(repr=False)
    applied_by: Side = Side.SELLER
