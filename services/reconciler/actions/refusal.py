"""A file that is not taken, as the contract's fault: the first error in words, the first ones for programs."""

import json
from collections.abc import Sequence

from chassis.errors import Fault, Kind
from services.reconciler.domain.loading import KnownLine
from services.reconciler.domain.statement import StatementFault

_ERRORS_TOLD = 20
# All that a fault tells travels in the headers of an answer, which gRPC limits to 8 KiB.
_ERRORS_BYTES_MAX = 2_000
_VALUE_LENGTH_MAX = 64


def refusal(faults: Sequence[StatementFault], fault_count: int) -> Fault:
    """STATEMENT_REFUSED for a file that breaks these rules, of which there is at least one."""
    first = faults[0]
    line = "" if first.line is None else str(first.line)
    column = first.column or ""
    where = "".join((f", line {line}" if line else "", f", column {column!r}" if column else ""))
    where_zh = "".join((f"，第 {line} 行" if line else "", f"，“{column}”列" if column else ""))
    more = f" (and {fault_count - 1} more)" if fault_count > 1 else ""
    more_zh = f"（另有 {fault_count - 1} 处）" if fault_count > 1 else ""
    return Fault(
        Kind.INVALID,
        "STATEMENT_REFUSED",
        f"the file is refused ({first.code}{where}): {first.rule}; {first.cure}{more}",
        f"文件被拒收（{first.code}{where_zh}）：{first.rule_zh}；{first.cure_zh}{more_zh}",
        metadata={
            "code": first.code,
            "line": line,
            "column": column,
            "value": (first.value or "")[:_VALUE_LENGTH_MAX],
            "rule": first.rule,
            "cure": first.cure,
            "error_count": str(fault_count),
            "errors": _errors(faults),
        },
    )


def overlap(known: KnownLine, known_rows: int) -> Fault:
    """OVERLAPPING_FILE: an earlier statement has lines of the file."""
    return Fault(
        Kind.EXISTS,
        "OVERLAPPING_FILE",
        f"{known_rows} lines of the file are loaded already, the first of them on line {known.line_no}: it is line "
        f"{known.known_line_no} of statement {known.statement_id}; if the channel did book equal lines twice, load the "
        "file with keep_equal_lines, who vouches for it, and why",
        f"文件中有 {known_rows} 行此前已载入，首先是第 {known.line_no} 行，即对账单 {known.statement_id} "
        f"第 {known.known_line_no} 行；如确为渠道两次真实入账，请以 keep_equal_lines 载入并注明确认人与理由",
        metadata={
            "line": str(known.line_no),
            "statement_id": known.statement_id,
            "known_line": str(known.known_line_no),
            "known_rows": str(known_rows),
        },
    )


def _errors(faults: Sequence[StatementFault]) -> str:
    told: list[str] = []
    for fault in faults[:_ERRORS_TOLD]:
        one = {"code": fault.code, "line": fault.line, "column": fault.column, "value": (fault.value or "")[:24]}
        text = json.dumps(one, ensure_ascii=False, separators=(",", ":"))
        if len(f"[{','.join((*told, text))}]".encode()) > _ERRORS_BYTES_MAX:
            break
        told.append(text)
    return f"[{','.join(told)}]"
