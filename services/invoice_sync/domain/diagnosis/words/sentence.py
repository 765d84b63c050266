"""The sentences of one cause. It holds none; the families beside it do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ByHand:
    """What is said instead where waiting is no longer enough; an empty one says the same as ever."""

    remedy: str
    remedy_zh: str
    customer: str
    customer_en: str
    authority: str = ""
    call: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The sentences of one cause.

    `customer` and `authority` are in Chinese; `authority` is empty where the authority is not concerned. `call` is what
    does the remedy: a method and path, or a command. `owner` does it when the system does not: OPERATOR, FINANCE or
    CUSTOMER. A name in braces is filled in.
    """

    title: str
    title_zh: str
    remedy: str
    remedy_zh: str
    call: str
    owner: str
    customer: str
    customer_en: str
    authority: str
    what_would_change: str
    what_would_change_zh: str
    by_hand: ByHand | None = None
