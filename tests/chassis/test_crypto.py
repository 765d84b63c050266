"""chassis.crypto: what is sealed opens in its own place with its own key, and nothing is told of either."""

import base64
import subprocess
import sys
import traceback
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.crypto import KeyRing, Unsealable, key_id_of, new_key_line

PLACE = b"body:0123"


def key_of(line: str) -> bytes:
    return base64.urlsafe_b64decode(line.partition(":")[2])


def ring_of(*keys: tuple[str, bytes]) -> KeyRing:
    return KeyRing(dict(keys))


A, B = ("a", b"A" * 32), ("b", b"B" * 32)


@given(st.binary(max_size=2000), st.binary(max_size=80))
def test_what_is_sealed_opens_as_it_was(plaintext, context):
    ring = ring_of(A)

    assert ring.open(ring.seal(plaintext, context), context) == plaintext


def test_equal_bytes_never_look_equal_when_sealed():
    ring = ring_of(A)

    assert len({ring.seal(b"same", PLACE) for _ in range(100)}) == 100


@given(st.binary(max_size=40), st.binary(max_size=40))
def test_a_blob_that_is_moved_to_another_place_does_not_open(place, other):
    ring = ring_of(A)
    sealed = ring.seal(b"plain", place)

    if place != other:
        with pytest.raises(Unsealable):
            ring.open(sealed, other)
        with pytest.raises(Unsealable):
            ring.reseal(sealed, other)


def test_no_byte_of_a_blob_can_be_changed_cut_off_or_added():
    ring = ring_of(A, B)
    sealed = ring.seal("一张发票".encode(), PLACE)

    changed = [
        sealed[:at] + bytes([sealed[at] ^ bit]) + sealed[at + 1 :] for at in range(len(sealed)) for bit in (1, 3)
    ]
    cut = [sealed[:length] for length in range(len(sealed))]
    for blob in (*changed, *cut, sealed + b"\0"):
        with pytest.raises(Unsealable):
            ring.open(blob, PLACE)


@given(st.binary(max_size=200))
def test_foreign_bytes_are_unsealable_and_nothing_else(blob):
    ring = ring_of(A)

    for read in (ring.open, ring.reseal):
        with pytest.raises(Unsealable):
            read(blob, PLACE)


def test_a_blob_of_a_key_that_is_not_in_the_ring_does_not_open():
    sealed = ring_of(A).seal(b"plain", PLACE)

    with pytest.raises(Unsealable):
        ring_of(B).open(sealed, PLACE)
    with pytest.raises(Unsealable):
        ring_of(("a", B[1])).open(sealed, PLACE)


def test_every_reason_not_to_open_reads_the_same():
    sealed = ring_of(A).seal(b"plain", PLACE)
    told = set()

    for key, blob, place in (B, sealed, PLACE), (A, sealed[:-1], PLACE), (A, sealed, b"x"), (A, b"", PLACE):
        with pytest.raises(Unsealable) as raised:
            ring_of(key).open(blob, place)
        told.add((str(raised.value), raised.value.__cause__))

    assert len(told) == 1


def test_rotation_moves_a_blob_to_the_current_key_and_leaves_its_body_as_it_is():
    sealed = ring_of(A).seal(b"plain" * 100, PLACE)

    rotated = ring_of(B, A).reseal(sealed, PLACE)

    assert (key_id_of(sealed), key_id_of(rotated)) == ("a", "b")
    assert rotated[-516:] == sealed[-516:]
    assert ring_of(B).open(rotated, PLACE) == b"plain" * 100
    assert ring_of(B, A).reseal(rotated, PLACE) is rotated


def test_a_damaged_body_stays_damaged_through_rotation():
    sealed = ring_of(A).seal(b"plain", PLACE)

    rotated = ring_of(B, A).reseal(sealed[:-1] + bytes([sealed[-1] ^ 1]), PLACE)

    with pytest.raises(Unsealable):
        ring_of(B).open(rotated, PLACE)


def test_the_first_key_of_the_file_seals_and_all_of_them_open(tmp_path: Path):
    old, new = new_key_line(), new_key_line()
    path = tmp_path / "keys"
    path.write_text(f"# keys of bodies\n{old}\n")
    sealed = KeyRing.read(path).seal(b"plain", PLACE)

    path.write_text(f"{new}\r\n\n{old}\n")
    ring = KeyRing.read(path)

    assert ring.current_id == new.partition(":")[0]
    assert ring.open(sealed, PLACE) == b"plain"
    assert key_id_of(ring.seal(b"plain", PLACE)) == ring.current_id


GOOD = base64.urlsafe_b64encode(b"S" * 32).decode()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "must hold 1 to 64 keys, holds 0"),
        (GOOD, "line 1: must be key_id:key"),
        (f"a:{GOOD}\n:{GOOD}", "line 2: must be key_id:key"),
        (f"a b:{GOOD}", "line 1: must be key_id:key"),
        (f"{'k' * 65}:{GOOD}", "line 1: must be key_id:key"),
        (f"a:{GOOD}\n\na:{GOOD}", "line 3: the key id stands on an earlier line too"),
        (f"a:{GOOD[:-1]}", "line 1: the key must be base64url with its padding"),
        (f"a:{GOOD[:-5]}*{GOOD[-4:]}", "line 1: the key must be base64url with its padding"),
        (f"a:{GOOD[:-4]}", "line 1: the key must be 32 bytes, is 30"),
        ("\n".join(f"k{n}:{GOOD}" for n in range(65)), "must hold 1 to 64 keys, holds 65"),
    ],
)
def test_a_bad_key_file_is_told_by_line_and_rule_and_never_by_what_it_holds(tmp_path: Path, text, told):
    path = tmp_path / "keys"
    path.write_text(text)

    with pytest.raises(ValueError, match=told) as raised:
        KeyRing.read(path)

    assert GOOD[:8] not in "".join(traceback.format_exception(raised.value))


def test_neither_repr_nor_exception_shows_a_key_or_what_was_sealed(tmp_path: Path):
    line, plaintext = new_key_line(), b"secret words"
    (tmp_path / "keys").write_text(line)
    ring = KeyRing.read(tmp_path / "keys")

    with pytest.raises(Unsealable) as raised:
        ring.open(ring.seal(plaintext, PLACE)[:-1], PLACE)
    shown = repr(ring) + str(ring) + "".join(traceback.format_exception(raised.value))

    assert ring.current_id in repr(ring)
    for secret in (line.partition(":")[2], repr(key_of(line)), key_of(line).hex(), plaintext.decode()):
        assert secret not in shown


def test_the_command_writes_a_new_line_each_time(tmp_path: Path):
    lines = [subprocess.check_output([sys.executable, "-m", "chassis.crypto", "new-key"], text=True) for _ in range(2)]

    assert lines[0] != lines[1]
    (tmp_path / "keys").write_text("".join(lines))
    assert KeyRing.read(tmp_path / "keys").current_id == lines[0].partition(":")[0]


def test_the_command_tells_its_usage_for_anything_else():
    ended = subprocess.run([sys.executable, "-m", "chassis.crypto"], capture_output=True, text=True, check=False)

    assert ended.returncode == 1
    assert "new-key" in ended.stderr
    assert not ended.stdout
