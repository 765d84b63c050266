"""What is said about each cause, in English and Chinese. Which cause it is, is decided by the rules beside this."""

from collections.abc import Mapping
from dataclasses import fields, replace

from services.invoice_sync.domain.diagnosis.words.in_the_book import IN_THE_BOOK
from services.invoice_sync.domain.diagnosis.words.lost import LOST
from services.invoice_sync.domain.diagnosis.words.not_sent import (
    CANCELLED,
    CARRIED_BY_HAND,
    NOT_SENT,
    REFUND_UNDER_WAY,
    REFUNDED,
)
from services.invoice_sync.domain.diagnosis.words.refused import REFUSED
from services.invoice_sync.domain.diagnosis.words.sentence import ByHand, Words
from services.invoice_sync.domain.diagnosis.words.the_query import SEVERAL_NEAR, THE_QUERY
from services.invoice_sync.domain.diagnosis.words.time_and_after import TIME_AND_AFTER

__all__ = [
    "CANCELLED",
    "CARRIED_BY_HAND",
    "REFUNDED",
    "REFUND_UNDER_WAY",
    "SEVERAL_NEAR",
    "WORDS",
    "ByHand",
    "Words",
    "filled",
]

WORDS: Mapping[str, Words] = {**NOT_SENT, **LOST, **REFUSED, **IN_THE_BOOK, **THE_QUERY, **TIME_AND_AFTER}
_NOTHING = "–"
# What a sentence may leave open; a rule that knows it fills it in.
_PLACES = (
    "reference",
    "invoice_id",
    "merchant_id",
    "number",
    "code",
    "what",
    "what_zh",
    "gate",
    "gate_zh",
    "until",
    "until_zh",
    "right",
    "right_zh",
    "place",
)


def filled(cause: str, told: Mapping[str, str], *, automatic: bool, words: Words | None = None) -> Words:
    """The cause's words, or `words` instead, with everything filled in; where waiting is not enough, for a person.

    `call` in `told` goes before the cause's own call, and may leave places open itself.
    """
    words = words or WORDS[cause]
    if not automatic and words.by_hand is not None:
        words = _for_a_person(words, words.by_hand)
    words = replace(words, call=told.get("call") or words.call, by_hand=None)
    known = dict.fromkeys(_PLACES, _NOTHING) | {name: text for name, text in told.items() if text}
    texts = {each.name: getattr(words, each.name) for each in fields(words) if each.name != "by_hand"}
    return replace(words, **{name: text.format_map(known) for name, text in texts.items()})


def _for_a_person(words: Words, by_hand: ByHand) -> Words:
    said = {each.name: getattr(by_hand, each.name) for each in fields(by_hand)}
    return replace(words, **{name: text for name, text in said.items() if text})
