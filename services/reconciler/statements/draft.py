"""A proposed profile for a file that no profile claims, for a person to complete and approve. It loads nothing.

It is marked `status: draft`, and the engine takes no money by a draft.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import yaml

from services.reconciler.statements.container import Member, members
from services.reconciler.statements.draft_columns import (
    amount_of,
    book_time_of,
    currency_of,
    number_style,
    plain_columns,
)
from services.reconciler.statements.draft_controls import chain_of, controls_of, seen
from services.reconciler.statements.encoding import BOMS, try_decode
from services.reconciler.statements.header_words import fields_of
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.sheets import sheet_rows
from services.reconciler.statements.sketch import Sketch, clean, sketch_lines, sketch_rows
from services.reconciler.statements.source import Source

_HEAD_BYTES = 2 * 1024 * 1024
_HEAD_ROWS = 5_000
_ROWS_SHOWN = 5
_ENCODINGS = ("utf-8", "gb18030", "cp1252")  # the order in which strictness tells them apart
_HAN = re.compile("[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class Draft:
    """What seems to be in the file."""

    yaml: str  # a profile; valid if an amount was found, though its id, channel and currency are a person's to say
    encoding: str  # "" for a workbook
    delimiter: str  # "" for a workbook
    header_line: int  # from 1; 0 if there seems to be none
    row_count: int  # of what was looked at: the first 2 MiB, or 5,000 rows of a sheet
    rows: tuple[dict[str, str], ...]  # the first ones: header to cell
    warnings: tuple[str, ...]  # codes


def draft_profile(source: Source, limits: Limits) -> Draft | None:
    """Propose a profile for a text or a workbook, or for what an archive holds; the table with most rows wins.

    None if nothing looks like a statement's table. Raises StatementRefused for what cannot be opened.
    """
    drafts = [draft for member in members(source, limits) if (draft := _draft_of(member)) is not None]
    return max(drafts, key=lambda draft: draft.row_count, default=None)


def _draft_of(member: Member) -> Draft | None:
    if member.is_workbook:
        rows = [tuple(map(clean, row.cells)) for row in islice(sheet_rows(member.source.file), _HEAD_ROWS)]
        sketch = sketch_rows(rows)
        return _drafted(sketch, ["\t".join(row) for row in rows], "") if sketch else None
    encoding, lines = _head_of(member.source)
    found = sketch_lines(lines)
    return _drafted(found, lines, encoding) if found else None


def _head_of(source: Source) -> tuple[str, list[str]]:
    """The first lines, in the first encoding that they fit."""
    head = source.read_at(0, _HEAD_BYTES)
    for codec, (mark, name) in BOMS.items():
        if head.startswith(mark):
            return name, _lines(head[len(mark) :].decode(codec.removesuffix("-sig"), errors="replace"), source)
    if source.size > _HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1]  # else the cut would fall inside a character
    for encoding in _ENCODINGS:
        text = try_decode(head, encoding)
        if text is not None and (encoding != "gb18030" or _HAN.search(text)):
            return encoding, _lines(text, source)
    return "utf-8", []


def _lines(text: str, source: Source) -> list[str]:
    """The last line of a file that was not read whole is left out."""
    lines = [line.removesuffix("\r") for line in text.split("\n" if "\n" in text else "\r")]
    return lines if source.size <= _HEAD_BYTES else lines[:-1]


def _drafted(sketch: Sketch, lines: Sequence[str], encoding: str) -> Draft:
    warnings: list[str] = []
    header = _names(sketch)
    profile = _profile(sketch, lines, encoding, warnings)
    order = chain_of(sketch, header, profile["columns"], profile.get("amount"))
    head = _HEAD + ("" if "amount" in profile else _NO_AMOUNT)
    head += "".join(f"# {sentence}\n" for sentence in seen(sketch, lines, profile["columns"], order))
    profile |= controls_of(profile["columns"], order)
    return Draft(
        yaml=head + yaml.safe_dump(profile, allow_unicode=True, sort_keys=False, width=120),
        encoding=encoding,
        delimiter=sketch.delimiter,
        header_line=sketch.header_at + 1,
        row_count=len(sketch.rows),
        rows=tuple(dict(zip(header, cells, strict=False)) for _, cells in sketch.rows[:_ROWS_SHOWN]),
        warnings=tuple(warnings),
    )


_HEAD = (
    "# A proposal. Confirm every column, the currency, the time zone and the sign; then set id, channel and status.\n"
)
_NO_AMOUNT = "# The amount column was not found: say under `amount` where the amounts stand.\n"


def _profile(sketch: Sketch, lines: Sequence[str], encoding: str, warnings: list[str]) -> dict[str, Any]:
    header = _names(sketch)
    fields = fields_of(header)
    chinese = any(_HAN.search(name) for name in header)
    columns = {"book_time": book_time_of(sketch, header, fields, warnings)} | plain_columns(sketch, header, fields)
    amount = amount_of(sketch, header, fields)
    profile: dict[str, Any] = {"id": "draft.unnamed", "version": 1, "status": "draft", "proof": "layout"}
    if not sketch.delimiter:
        profile["format"] = "workbook"
    profile |= {
        "detect": _detect(sketch, lines, header),
        "decode": {"encodings": [encoding or "utf-8"]},
        "dialect": _dialect(sketch, lines, header, fields),
        "table": dict(_table(sketch, lines, header)),
        "columns": columns,
        **({"amount": amount} if amount else {}),
        "currency": currency_of(sketch, header, fields, "CNY" if chinese else "USD"),
        "tz": "Asia/Shanghai" if chinese else "UTC",
        "day": {"span": "many"},
        "key": _key(sketch, fields),
    }
    return profile


def _key(sketch: Sketch, fields: dict[str, int]) -> list[str]:
    """The channel's number if every row has one of its own, else what rows have."""
    at = fields.get("channel_txn_no", -1)
    numbers = [cells[at] if 0 <= at < len(cells) else "" for _, cells in sketch.rows]
    if all(numbers) and len(set(numbers)) == len(numbers):
        return ["channel_txn_no"]
    return [
        "book_local",
        "amount_minor",
        "currency_code",
        *(["balance_after_minor"] if "balance_after" in fields else []),
    ]


def _names(sketch: Sketch) -> list[str]:
    """The header's names; a table without one gets names by place, as does a column whose name is empty or repeated."""
    width = (
        max(len(sketch.header), *(len(cells) for _, cells in sketch.rows)) if not sketch.header else len(sketch.header)
    )
    names: list[str] = []
    for at in range(width):
        name = sketch.header[at] if at < len(sketch.header) else ""
        names.append(name if name and name not in names else f"column_{at + 1}")
    return names


def _detect(sketch: Sketch, lines: Sequence[str], header: Sequence[str]) -> dict[str, Any]:
    if sketch.header:
        return {"header": [name for name in header if not name.startswith("column_")]}
    first = clean(lines[sketch.rows[0][0]])
    return {"head": re.sub("[0-9]+", "[0-9]+", re.escape(first[:20]))}


def _dialect(sketch: Sketch, lines: Sequence[str], header: Sequence[str], fields: dict[str, int]) -> dict[str, Any]:
    dialect: dict[str, Any] = {}
    if sketch.delimiter:
        dialect["delimiter"] = sketch.delimiter
    row = lines[sketch.rows[0][0]]
    if sketch.delimiter and row.startswith("`"):
        dialect["cell_prefix"] = "`"
    elif sketch.delimiter and '="' in row:
        dialect["excel_formula"] = True
    if sketch.quoted and "cell_prefix" not in dialect:
        dialect["quote"] = '"'
    return {**dialect, "strip": " \t'", **number_style(sketch, header, fields)}


def _table(sketch: Sketch, lines: Sequence[str], header: Sequence[str]) -> Iterator[tuple[str, Any]]:
    first, last = sketch.rows[0][0], sketch.rows[-1][0]
    if sketch.header_at > 0 or (not sketch.header and first):
        yield "preamble", {"lines_max": 40}
    if not sketch.header:
        yield "names", list(header)
    elif sketch.header[0]:
        yield "header_first_cell", sketch.header[0]
    else:
        yield "header", [name for name in header if not name.startswith("column_")]
    below = [line for line in lines[last + 1 :] if line.strip(" \t," + sketch.delimiter)]
    if below:
        yield "end", "^" + re.escape(_end_words(sketch, lines, below[0].strip()))
        yield "footer", {}
    widths = {len(cells) for _, cells in sketch.rows}
    if sketch.delimiter and max(widths) > len(header):
        yield "trailing_delimiter", True
    if sketch.delimiter and min(widths) < len(header):
        yield "ragged", True
    yield "blank_rows", "skip"


def _end_words(sketch: Sketch, lines: Sequence[str], end: str) -> str:
    """What tells the first line below the rows: its first cell without its padding, unless a row begins so too."""
    words = re.split(r"[0-9]", end)[0][:20]
    cell = words.split(sketch.delimiter or "\t")[0].strip()
    return words if not cell or any(lines[at].lstrip().startswith(cell) for at, _ in sketch.rows) else cell
