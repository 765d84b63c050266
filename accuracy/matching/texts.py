"""Whole numbers as texts of equal width, a column at a time. It draws nothing at random."""

import numpy as np
import numpy.typing as npt
import pyarrow as pa  # type: ignore[import-untyped]

Numbers = npt.NDArray[np.uint64]
_HEX = np.array([f"{byte:02x}".encode() for byte in range(256)], dtype="S2").view(np.uint8).reshape(256, 2)
_FOUR = np.array([f"{four:04}".encode() for four in range(10_000)], dtype="S4").view(np.uint8).reshape(10_000, 4)
_PRIMES = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def scattered(numbers: Numbers, key: int, bits: int) -> Numbers:
    """Each number below 2**bits to another one there, no two to the same: what was next to each other is far apart."""
    mask, half = np.uint64(2**bits - 1), np.uint64(bits // 2)
    found = (numbers.astype(np.uint64) ^ np.uint64(key % 2**bits)) & mask
    for prime in _PRIMES:
        found = (found * np.uint64(prime)) & mask
        found ^= found >> half
    return found


def hexadecimal(parts: list[Numbers]) -> pa.Array:
    """16 digits for each part, one after the other."""
    count = len(parts[0])
    wide = np.stack([part.astype(">u8") for part in parts], axis=1)
    return _fixed(_HEX[wide.view(np.uint8).reshape(count, -1)].reshape(count, -1))


def decimal(parts: list[tuple[Numbers, int]], present: npt.NDArray[np.bool_]) -> pa.Array:
    """Each part with leading zeros to its width; "" where nothing is present."""
    digits = np.concatenate([_digits(part[present], width) for part, width in parts], axis=1)
    widths = np.where(present, digits.shape[1], 0)
    return _array(np.concatenate([[0], np.cumsum(widths)]).astype(np.int32), digits)


def _digits(numbers: Numbers, width: int) -> npt.NDArray[np.uint8]:
    """Four at a time, from the end."""
    found, left = np.empty((len(numbers), -(-width // 4) * 4), dtype=np.uint8), numbers.astype(np.uint64)
    for place in range(found.shape[1] - 4, -1, -4):
        left, four = np.divmod(left, np.uint64(10_000))
        found[:, place : place + 4] = _FOUR[four]
    return found[:, found.shape[1] - width :]


def _fixed(texts: npt.NDArray[np.uint8]) -> pa.Array:
    return _array(np.arange(0, texts.size + 1, texts.shape[1], dtype=np.int32), texts)


def _array(offsets: npt.NDArray[np.int32], texts: npt.NDArray[np.uint8]) -> pa.Array:
    buffers = [None, pa.py_buffer(offsets), pa.py_buffer(np.ascontiguousarray(texts))]
    return pa.StringArray.from_buffers(len(offsets) - 1, buffers[1], buffers[2])


def chosen(words: tuple[str, ...], codes: npt.NDArray[np.integer]) -> pa.Array:
    """The word of each code."""
    return pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(words)).cast(pa.string())
