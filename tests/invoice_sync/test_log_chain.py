"""domain.log_chain: whatever is done to a log afterwards is found."""

import dataclasses
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.invoice_sync.domain.log_chain import (
    GENESIS,
    Broken,
    Entry,
    Flaw,
    Intact,
    anchor_hash,
    begin_hash,
    end_hash,
    verify,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

# Few letters, our own signs among them, so that what could be confused comes up often.
texts = st.text(alphabet="ab1:n\x1b\x1e\x1f票", max_size=6)
times = st.datetimes(timezones=st.just(UTC))
values = st.one_of(texts, st.integers(), st.booleans(), times, st.none())
fields = st.dictionaries(texts, values, max_size=5)


def chain_of(attempts, *, late_ends=False) -> list[Entry]:
    """A log as the service writes it; an attempt is (begun, ended or None)."""
    head, entries = GENESIS, []
    for attempt_no, (begun, ended) in enumerate(attempts, start=1):
        begun_hash = begin_hash(head, begun)
        ended_hash = None if ended is None else end_hash(begun_hash, ended)
        entries.append(Entry(attempt_no, head, begun, begun_hash, ended, ended_hash))
        head = begun_hash if late_ends else ended_hash or begun_hash
    return entries


def head_of(entries: list[Entry]) -> str:
    return (entries[-1].ended_hash or entries[-1].begun_hash) if entries else GENESIS


logs = st.lists(st.tuples(fields, st.none() | fields), min_size=1, max_size=5)


@given(logs, st.booleans())
def test_a_log_that_nobody_touched_is_intact(attempts, late_ends):
    entries = chain_of(attempts, late_ends=late_ends)

    assert verify(entries) == Intact(head_of(entries))
    assert verify(entries, head_of(entries)) == Intact(head_of(entries))


def test_the_log_of_an_invoice_that_was_never_attempted_is_intact():
    assert verify([], GENESIS) == Intact(GENESIS)
    assert verify([], "a" * 64) == Broken(0, Flaw.HEAD)


@given(fields, fields)
def test_two_beginnings_have_one_hash_only_if_they_are_equal(one, other):
    # True == 1 in Python, and not in a log.
    same = one == other and all(type(one[name]) is type(other[name]) for name in one)

    assert (begin_hash(GENESIS, one) == begin_hash(GENESIS, other)) == same


@given(fields)
def test_order_of_fields_does_not_matter_and_kind_and_head_do(some):
    swapped = dict(reversed(some.items()))

    assert begin_hash(GENESIS, some) == begin_hash(GENESIS, swapped)
    assert begin_hash(GENESIS, some) != end_hash(GENESIS, some)
    assert begin_hash(GENESIS, some) != begin_hash("a" * 64, some)


def test_a_hash_is_the_same_in_every_release():
    some = {"attempt_no": 3, "op": "SUBMIT", "start_time": NOON, "trace_id": None, "message": "税\x1f局"}

    assert begin_hash(GENESIS, some) == "380686f0d7701f92fd6bccc327a5ead0f4cc8334ca16263d2532bae09632bde6"
    assert end_hash(GENESIS, some) == "64c8927c654f1a41ad21e26f6009e01d476a5d86c82bab84d7f7783306f096da"


def test_an_instant_has_one_hash_in_every_zone_and_another_a_microsecond_later():
    beijing = NOON.astimezone(timezone(timedelta(hours=8)))

    assert begin_hash(GENESIS, {"t": NOON}) == begin_hash(GENESIS, {"t": beijing})
    assert begin_hash(GENESIS, {"t": NOON}) != begin_hash(GENESIS, {"t": NOON + timedelta(microseconds=1)})


def test_an_enumeration_hashes_as_the_text_that_the_store_gives_back():
    class Word(StrEnum):
        OK = "OK\x1f"

    assert begin_hash(GENESIS, {"outcome": Word.OK}) == begin_hash(GENESIS, {"outcome": "OK\x1f"})


@pytest.mark.parametrize("value", [1.5, b"bytes", ["list"], NOON.replace(tzinfo=None)])
def test_a_value_without_a_canonical_form_is_refused(value):
    with pytest.raises(TypeError):
        begin_hash(GENESIS, {"value": value})


@given(logs, st.data())
def test_any_changed_field_is_found_at_its_attempt(attempts, data):
    entries = chain_of(attempts)
    at = data.draw(st.integers(0, len(entries) - 1))
    part = data.draw(st.sampled_from(["begun", "ended"]))
    before = getattr(entries[at], part)
    after = data.draw(fields)
    assume(before is not None)
    assume(before != after or any(type(before[name]) is not type(after[name]) for name in before))

    entries[at] = dataclasses.replace(entries[at], **{part: after})

    assert verify(entries) == Broken(at + 1, Flaw.BEGUN if part == "begun" else Flaw.ENDED)


@given(logs, st.data())
def test_a_hash_that_was_made_to_fit_a_changed_field_breaks_the_next_link_or_the_head(attempts, data):
    entries = chain_of(attempts)
    head = head_of(entries)
    at = data.draw(st.integers(0, len(entries) - 1))
    entry = entries[at]
    begun = {**entry.begun, "added": "later"}
    begun_hash = begin_hash(entry.prev_hash, begun)
    ended_hash = None if entry.ended is None else end_hash(begun_hash, entry.ended)

    entries[at] = Entry(entry.attempt_no, entry.prev_hash, begun, begun_hash, entry.ended, ended_hash)

    last = at == len(entries) - 1
    assert verify(entries, head) == (Broken(at + 1, Flaw.HEAD) if last else Broken(at + 2, Flaw.LINK))


@given(logs, st.data())
def test_a_removed_attempt_is_found_even_when_the_rest_is_numbered_anew(attempts, data):
    entries = chain_of(attempts)
    head = head_of(entries)
    at = data.draw(st.integers(0, len(entries) - 1))

    left = [*entries[:at], *entries[at + 1 :]]
    renumbered = [dataclasses.replace(entry, attempt_no=n) for n, entry in enumerate(left, start=1)]

    assert isinstance(verify(left, head), Broken)
    assert isinstance(verify(renumbered, head), Broken)


@given(logs, fields, st.data())
def test_an_inserted_attempt_is_found(attempts, forged, data):
    entries = chain_of(attempts)
    head = head_of(entries)
    at = data.draw(st.integers(0, len(entries)))
    before = head_of(entries[:at])
    entries.insert(at, Entry(at + 1, before, forged, begin_hash(before, forged)))

    renumbered = [dataclasses.replace(entry, attempt_no=n) for n, entry in enumerate(entries, start=1)]

    assert isinstance(verify(entries, head), Broken)
    assert isinstance(verify(renumbered, head), Broken)


@given(logs, st.data())
def test_two_attempts_that_changed_places_are_found(attempts, data):
    entries = chain_of(attempts)
    assume(len(entries) > 1)
    one, other = data.draw(st.lists(st.integers(0, len(entries) - 1), min_size=2, max_size=2, unique=True))

    entries[one], entries[other] = entries[other], entries[one]
    renumbered = [dataclasses.replace(entry, attempt_no=n) for n, entry in enumerate(entries, start=1)]

    assert isinstance(verify(entries), Broken)
    assert isinstance(verify(renumbered), Broken)


@given(logs)
def test_an_end_that_was_taken_away_is_found(attempts):
    entries = chain_of([*attempts, ({"op": "SUBMIT"}, {"outcome": "OK"})])
    head = head_of(entries)

    half = [*entries[:-1], dataclasses.replace(entries[-1], ended=None)]
    whole = [*entries[:-1], dataclasses.replace(entries[-1], ended=None, ended_hash=None)]

    assert verify(half, head) == Broken(len(entries), Flaw.ENDED)
    assert verify(whole, head) == Broken(len(entries), Flaw.HEAD)


def test_an_end_of_another_attempt_is_found():
    entries = chain_of([({"op": "SUBMIT"}, {"outcome": "UNKNOWN"}), ({"op": "QUERY_BY_KEY"}, {"outcome": "OK"})])

    moved = [entries[0], dataclasses.replace(entries[1], ended=entries[0].ended, ended_hash=entries[0].ended_hash)]

    assert verify(moved) == Broken(2, Flaw.ENDED)


def test_an_anchor_holds_each_head_each_invoice_and_the_anchor_before():
    heads = {"inv_1": "a" * 64, "inv_2": "b" * 64}
    anchor = anchor_hash(GENESIS, heads)

    assert anchor == anchor_hash(GENESIS, dict(reversed(heads.items())))
    others = ({"inv_1": "b" * 64, "inv_2": "a" * 64}, {"inv_1": "a" * 64}, {"inv_1": "a" * 64, "inv_3": "b" * 64})
    assert all(anchor != anchor_hash(GENESIS, other) for other in others)
    assert anchor != anchor_hash(anchor, heads)
