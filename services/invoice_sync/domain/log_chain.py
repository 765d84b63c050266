"""The hash chain of an invoice's attempts: what was written once cannot change unseen. It reads and stores nothing.

    head 0       = GENESIS
    begun hash n = SHA-256 of ("begun", the head before, the fields of the beginning)
    ended hash n = SHA-256 of ("ended", begun hash n, the fields of the end)

The head is the hash that was written last. Whoever can rewrite the whole log can rewrite its hashes too: what stands
against that, and against cutting off the end, is that heads are anchored, each anchor upon the one before.
"""

import functools
import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

Value = str | int | datetime | None
Fields = Mapping[str, Value]

# The head of an invoice that was never attempted, and the anchor before the first.
GENESIS = "0" * 64
_HASH_LENGTH = 64
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Signs of the canonical text: between parts, before a value that is no text, and before a sign that stands in text.
SEPARATOR, TAG, _ESCAPE = "\x1f", "\x1e", "\x1b"
_ESCAPED = str.maketrans({_ESCAPE: f"{_ESCAPE}0", TAG: f"{_ESCAPE}1", SEPARATOR: f"{_ESCAPE}2"})


@dataclass(frozen=True, slots=True)
class Entry:
    """An attempt as the log has it: the fields that were hashed, and the hashes that were stored with them, in hex.

    `prev_hash` is the head that it began upon. `ended` and `ended_hash` are None for an attempt that is under way or
    whose process died.
    """

    attempt_no: int
    prev_hash: str
    begun: Fields
    begun_hash: str
    ended: Fields | None = None
    ended_hash: str | None = None


class Flaw(StrEnum):
    """What gives a log away."""

    NUMBER = "NUMBER"  # the attempts are not numbered 1, 2, 3 ...: one was removed, added or moved
    LINK = "LINK"  # it does not build upon the attempt before it
    BEGUN = "BEGUN"  # its beginning is not what was hashed
    ENDED = "ENDED"  # its end is not what was hashed, or belongs to another beginning
    HEAD = "HEAD"  # the log does not end with the head that was written down: its end was cut off or rewritten


@dataclass(frozen=True, slots=True)
class Intact:
    """Each hash follows from the one before; `head` is the last, GENESIS when there was no attempt."""

    head: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The first attempt that does not fit; for HEAD the last that there is, 0 when there is none."""

    attempt_no: int
    why: Flaw


def begin_hash(head: str, fields: Fields) -> str:
    """The hash of a beginning upon the head before it, in 64 hex digits.

    Equal fields give equal hashes whatever their order, and equal instants whatever their zone; times count to the
    microsecond. TypeError for a value that is none of Value, such as a float, and for a time without a zone.
    """
    return _hash("begun", head, _known_order(tuple(fields)), fields)


def end_hash(begun_hash: str, fields: Fields) -> str:
    """The hash of an end upon the hash of its own beginning; see `begin_hash`."""
    return end_hash_of(begun_hash, end_text(fields))


def end_text(fields: Fields) -> str:
    """The fields of an end as they are hashed: the same for all beginnings that ended so."""
    return _text(_known_order(tuple(fields)), fields)


def end_hash_of(begun_hash: str, text: str) -> str:
    """As `end_hash`, of an `end_text`."""
    return _hash_of("ended", begun_hash, text)


def anchor_hash(prev_anchor: str, heads: Mapping[str, str]) -> str:
    """The anchor over the heads that changed since the one before, by invoice_id; in 64 hex digits."""
    return _hash("anchor", prev_anchor, _order(tuple(heads)), heads)


def verify(entries: Iterable[Entry], head: str | None = None) -> Intact | Broken:
    """Judge the attempts of one invoice, in the order of their numbers.

    `head` is the one that was written down elsewhere; without it a log whose end was cut off looks whole. An end may be
    written when the next attempt has begun already: it hangs on its own beginning, and nothing builds upon it.
    """
    last_no, reached, may_follow = 0, GENESIS, frozenset({GENESIS})
    for entry in entries:
        if flaw := _flaw(entry, last_no, may_follow):
            return Broken(entry.attempt_no, flaw)
        last_no, reached = entry.attempt_no, entry.ended_hash or entry.begun_hash
        may_follow = frozenset({reached, entry.begun_hash})
    return Intact(reached) if head in (None, reached) else Broken(last_no, Flaw.HEAD)


def _flaw(entry: Entry, last_no: int, may_follow: frozenset[str]) -> Flaw | None:
    if entry.attempt_no != last_no + 1:
        return Flaw.NUMBER
    if entry.prev_hash not in may_follow:
        return Flaw.LINK
    if begin_hash(entry.prev_hash, entry.begun) != entry.begun_hash:
        return Flaw.BEGUN
    if entry.ended is None or entry.ended_hash is None:
        return None if entry.ended is None and entry.ended_hash is None else Flaw.ENDED
    return None if end_hash(entry.begun_hash, entry.ended) == entry.ended_hash else Flaw.ENDED


def _hash(kind: str, before: str, order: tuple[list[str], str], fields: Fields) -> str:
    return _hash_of(kind, before, _text(order, fields))


def _text(order: tuple[list[str], str], fields: Fields) -> str:
    names, header = order
    return f"{header}{SEPARATOR}{_joined([fields[name] for name in names])}"


def _hash_of(kind: str, before: str, text: str) -> str:
    assert len(before) == _HASH_LENGTH, f"a hash has {_HASH_LENGTH} hex digits, this has {len(before)}"
    return text_hash(f"{kind}/1{SEPARATOR}{before}{SEPARATOR}{text}")


def plain_begin_text(names: Iterable[str]) -> Callable[[str, Sequence[str]], str]:
    """For whoever begins hundreds at once: what makes the text whose `text_hash` is the `begin_hash` of such fields.

    It takes the head and the values in the order of the sorted names, each as `tagged` gives it.
    """
    in_order, header = _order(tuple(names))
    assert list(names) == in_order, "the values come in the order of the names"
    return lambda head, values: SEPARATOR.join(("begun/1", head, header, *values))


def text_hash(text: str) -> str:
    """The SHA-256 of a canonical text, in 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _order(names: tuple[str, ...]) -> tuple[list[str], str]:
    """The names in order, and as they are hashed; their count tells where they end and the values begin."""
    in_order = sorted(names)
    return in_order, f"{len(in_order)}{SEPARATOR}{_joined(in_order)}"


# Attempts have the same few sets of names for ever; the heads of each anchor are others.
_known_order = functools.lru_cache(maxsize=64)(_order)


def _joined(values: Sequence[Value]) -> str:
    """A text that no other values give: text as it is, anything else tagged, with its type.

    Text with one of our signs in it has them escaped. It is so rare, and this runs so often, that all text is looked at
    together first; our signs are not printable.
    """
    if "".join([value for value in values if type(value) is str]).isprintable():
        return SEPARATOR.join([value if type(value) is str else tagged(value) for value in values])
    return SEPARATOR.join([tagged(value) for value in values])


@functools.lru_cache(maxsize=4096, typed=True)
def tagged(value: Value) -> str:
    """A value as it is hashed. Whoever hashes elsewhere may give text without our signs as it is.

    A batch has the same few numbers and times in each of its rows, so they are kept.
    """
    match value:
        case str():
            return str.__str__(value).translate(_ESCAPED)  # of an enumeration, its value
        case None:
            return f"{TAG}n"
        case bool():
            return f"{TAG}b{int(value)}"
        case int():
            return f"{TAG}i{int(value)}"
        case datetime():
            since = value - _EPOCH
            return f"{TAG}t{(since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds}"
    raise TypeError(f"a field of the log is text, a whole number, a time or None, not {type(value).__name__}")
