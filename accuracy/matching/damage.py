"""What happens to a reference between two systems. It changes texts; which rows it happens to others decide."""

from enum import IntEnum

import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from accuracy.matching.rows import Column


class Damage(IntEnum):
    """The ways; the first two lose something, the others only write it differently."""

    NONE = 0
    DIGIT = 1
    CUT = 2
    CASE = 3
    BLANKS = 4
    BACKTICK = 5
    WIDTH = 6


_WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})


def damaged(texts: pa.Array, ways: Column, random: np.random.Generator) -> pa.Array:
    """The texts, each damaged in its way."""
    mask = ways != Damage.NONE
    if not mask.any():
        return texts
    found = texts.filter(pa.array(mask)).to_pylist()
    places = random.random(len(found))
    changed = [_one(text, Damage(way), place) for text, way, place in zip(found, ways[mask], places, strict=True)]
    return pc.replace_with_mask(texts, pa.array(mask), pa.array(changed, pa.string()))


def _one(text: str, way: Damage, place: float) -> str:
    at = len(text) // 2 + int(place * (len(text) // 2))  # the front half says the day and the channel
    match way:
        case Damage.DIGIT:
            return text[:at] + str((int(text[at]) + 1 + int(place * 1000) % 9) % 10) + text[at + 1 :]
        case Damage.CUT:
            return text[: len(text) - 2 - int(place * 5)]
        case Damage.CASE if text.upper() != text.lower():
            return text.lower()
        case Damage.BACKTICK:
            return "`" + text
        case Damage.WIDTH:
            return text.translate(_WIDE)
        case _:
            return f" {text[:8]} {text[8:]}\t"
