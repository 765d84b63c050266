"""Columns of text to numbers, moments and words, all rows at once. What is not plain beyond doubt raises Odd.

It must never be laxer than `numbers`, `localtime` and `rows`, which read the same cells one by one.
"""

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from services.reconciler.statements.localtime import MONTHS, TimeFormat, until_midnight
from services.reconciler.statements.numbers import EXACT, number_form
from services.reconciler.statements.odd import plain
from services.reconciler.statements.profile_table import Dialect

_WORDS_MAX = 256  # distinct words of a column that decides something
SAMPLE = 256  # cells that tell whether a column repeats itself
_NUMBER = pa.decimal128(25, 10)  # what number_form allows: 15 digits and 10 decimals
_FACTOR = pa.decimal128(5, 0)  # ten to the decimals of a currency, which are four at most
_ISO = (TimeFormat.of("%Y-%m-%d %H:%M:%S"), TimeFormat.of("%Y-%m-%d"))
_DAY = timedelta(days=1)
_FIRST, _END = (pa.scalar(f"{year}-01-01").cast(pa.timestamp("us")) for year in (1970, 9999))  # as `rows`


def by_word(texts: pa.Array, meaning: Callable[[Any], Any], kind: pa.DataType) -> pa.Array:
    """What each cell means, asked once for each distinct word."""
    words = texts.dictionary_encode()
    plain(len(words.dictionary) <= _WORDS_MAX)
    if len(words.dictionary) == 1 and not words.null_count:
        return pa.repeat(pa.scalar(meaning(words.dictionary[0].as_py()), kind), len(texts))
    return pa.array([meaning(word) for word in words.dictionary.to_pylist()], kind).take(words.indices)


def words_of(texts: pa.Array) -> pa.Array:
    """Each word once, if cells repeat themselves; else all cells, of which it would be slower to find the words."""
    return pc.unique(texts) if _repeats(texts) else texts


def _repeats(texts: pa.Array) -> bool:
    return len(texts) > SAMPLE and len(pc.unique(texts.slice(0, SAMPLE))) <= SAMPLE // 4


def is_one_of(texts: pa.Array, words: Sequence[str]) -> pa.Array:
    """Whether each cell is one of these words."""
    return pc.is_in(texts, pa.array(words, pa.string()))


def any_is(mask: pa.Array) -> bool:
    """Whether it holds anywhere."""
    return bool(pc.any(mask).as_py())


class Numbers:
    """Numbers as a dialect writes them."""

    def __init__(self, dialect: Dialect) -> None:
        form = number_form(dialect)
        self._pattern = f"^(?:{form.pattern.pattern})$"
        self._decimal, self._dropped = form.decimal, form.dropped.pattern if form.dropped else ""

    def read(self, texts: pa.Array) -> pa.Array:
        """Exact decimals. Raises Odd unless every cell is a number."""
        if _repeats(texts):
            words = texts.dictionary_encode()
            return self._read(words.dictionary).take(words.indices)
        return self._read(texts)

    def total(self, texts: pa.Array) -> Decimal:
        """The sum of these numbers, with as many decimals as the longest of them. Raises Odd as `read` does."""
        return summed(self.read(texts), self.decimals(texts))

    def decimals(self, texts: pa.Array) -> int:
        """How many decimals the longest of these numbers is written with."""
        texts = words_of(texts)
        point = pc.find_substring(texts, self._decimal)
        length = pc.binary_length(texts)
        whole = pc.less(point, 0)
        if any_is(whole):
            point = pc.if_else(whole, pc.subtract(length, 1), point)
        return max((pc.max(pc.subtract(length, point)).as_py() or 1) - 1, 0)

    def check(self, texts: pa.Array) -> None:
        """Raises Odd unless every cell is a number."""
        plain(not any_is(pc.invert(pc.match_substring_regex(words_of(texts), self._pattern))))

    def _read(self, texts: pa.Array) -> pa.Array:
        self.check(texts)
        if self._dropped:
            texts = pc.replace_substring_regex(texts, self._dropped, "")
        if self._decimal != ".":
            texts = pc.replace_substring(texts, self._decimal, ".")
        return texts.cast(_NUMBER)


def summed(numbers: pa.Array, decimals: int) -> Decimal:
    """The exact sum, with this many decimals, which must be enough."""
    return EXACT.quantize(pc.sum(numbers).as_py() or Decimal(0), Decimal(1).scaleb(-decimals))


def minor_units(numbers: pa.Array, digits: pa.Array) -> pa.Array:
    """Whole minor units of currencies with so many digits. Arrow's own error if one is not whole or not of 64 bits."""
    factors = by_word(digits, lambda number: Decimal(10) ** number, _FACTOR)
    minor = pc.multiply(numbers, factors).cast(pa.int64())
    plain(not any_is(pc.equal(minor, -(2**63))))
    return minor


def moments(texts: pa.Array, forms: Sequence[TimeFormat]) -> tuple[pa.Array, TimeFormat]:
    """Naive local times, null where there is no text; Odd unless one form fits all, and none before it any."""
    if _repeats(texts):
        words = texts.dictionary_encode()
        read, form = _moments(words.dictionary, forms)
        return read.take(words.indices), form
    return _moments(texts, forms)


def _moments(texts: pa.Array, forms: Sequence[TimeFormat]) -> tuple[pa.Array, TimeFormat]:
    for form in forms:
        fitting = pc.match_substring_regex(texts, f"^(?:{form.pattern.pattern})$")
        if any_is(fitting):
            break
    plain(pc.all(fitting).as_py() is not False)
    read = (texts if form in _ISO else _iso(texts, form)).cast(pa.timestamp("us"))
    plain(not any_is(pc.less(read, _FIRST)) and not any_is(pc.greater_equal(read, _END)))
    return read, form


def _iso(texts: pa.Array, form: TimeFormat) -> pa.Array:
    """The parts of each text, put in the order of ISO 8601."""
    parts = pc.extract_regex(texts, f"^(?:{form.pattern.pattern})$")
    names = form.pattern.groupindex.keys()
    found = {name: pc.utf8_lpad(pc.struct_field(parts, name), 2, "0") for name in names}
    if "short_year" in found:
        found["year"] = pc.binary_join_element_wise("20", found["short_year"], "")
    if "month_name" in found:
        found["month"] = by_word(found["month_name"], _month, pa.string())
    iso = pc.binary_join_element_wise(found["year"], found["month"], found["day"], "-")
    if not form.has_time:
        return iso
    clock = pc.binary_join_element_wise(found["hour"], found["minute"], found.get("second", "00"), ":")
    return pc.binary_join_element_wise(iso, clock, " ")


def _month(name: str | None) -> str | None:
    plain(name is None or name in MONTHS)
    return None if name is None else f"{MONTHS.index(name) + 1:02}"


def in_utc(local: pa.Array, zone: ZoneInfo) -> pa.Array:
    """The moments on this zone's clock. Raises Odd unless its distance from UTC is the same for all of them."""
    ends = pc.min_max(local).as_py()
    distances = {_distance(zone, day) for day in _days(ends["min"].date(), ends["max"].date())}
    plain(len(distances) == 1 and None not in distances)
    return pc.subtract(local, pa.scalar(distances.pop(), pa.duration("us"))).cast(pa.timestamp("us", "UTC"))


def _days(first: date, last: date) -> list[date]:
    plain(last - first <= timedelta(days=400))
    return [first + _DAY * number for number in range((last - first).days + 1)]


@lru_cache(4096)
def _distance(zone: ZoneInfo, day: date) -> timedelta | None:
    """What this zone is ahead of UTC all day; None on a day that changes it."""
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    ahead = {(midnight + timedelta(minutes=quarter * 15)).utcoffset() for quarter in range(24 * 4 + 1)}
    return ahead.pop() if len(ahead) == 1 else None


def business_dates(local: pa.Array, cutoff: time) -> pa.Array:
    """As `localtime.business_date`."""
    return pc.add(local, pa.scalar(until_midnight(cutoff), pa.duration("us"))).cast(pa.date32(), safe=False)
