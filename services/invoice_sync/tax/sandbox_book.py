"""Reads what the sandbox authority tells of its books as a whole: lists, totals, quota, numbers, announcements.

What cannot be read to its end is UNKNOWN as a whole: a list with a row that makes no sense proves nothing.
"""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.tax import Announcements, Numbers, Outage, Quota, Record, Totals, WindowPage
from services.invoice_sync.tax.sandbox_answer import heard, number_in, refusal, sha256_in, text, words
from services.invoice_sync.tax.wire import Seen, instant

_KEY = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_CURSOR = re.compile(r"[\x21-\x7e]{0,200}")
_NUMBER = re.compile(r"[0-9]{20}")
_STATUS = re.compile(r"[A-Z_]{1,32}")


class _NoSenseError(Exception):
    """A part of the body is not what the protocol says."""


def read_window(seen: Seen) -> WindowPage:
    """`GET /v1/windows`."""
    if seen.status != 200:
        return WindowPage(_refused(seen))
    body = seen.body
    try:
        records = [_record(row) for row in _list(body, "invoices")]
        after, watermark = body.get("next"), instant(body.get("watermark"))
        if not isinstance(after, str) or not _CURSOR.fullmatch(after) or watermark is None:
            raise _NoSenseError
    except _NoSenseError:
        return WindowPage(_no_sense(seen, "page of the main book"))
    return WindowPage(heard(seen, Outcome.OK, f"{len(records)} in this page"), records, after, watermark)


def read_totals(seen: Seen) -> Totals:
    """`GET /v1/totals`."""
    if seen.status != 200:
        return Totals(_refused(seen))
    try:
        blue_count, blue_minor = _total(seen.body, "blue")
        red_count, red_minor = _total(seen.body, "red")
    except _NoSenseError:
        return Totals(_no_sense(seen, "control totals"))
    watermark = instant(seen.body.get("watermark"))
    return Totals(heard(seen, Outcome.OK, "control totals"), blue_count, blue_minor, red_count, red_minor, watermark)


def read_quota(seen: Seen) -> Quota:
    """`GET /v1/quota`."""
    if seen.status != 200:
        return Quota(_refused(seen))
    try:
        limit = None if seen.body.get("limit_minor") is None else _whole(seen.body, "limit_minor")
        return Quota(heard(seen, Outcome.OK, "quota"), limit, _whole(seen.body, "used_minor"))
    except _NoSenseError:
        return Quota(_no_sense(seen, "quota"))


def read_numbers(seen: Seen, count: int) -> Numbers:
    """`POST /v1/number-ranges`; the range must be as long as was asked for."""
    if seen.status != 200:
        return Numbers(refusal(seen, lambda row: row.submit))
    first, last = text(_NUMBER, seen.body.get("first")), text(_NUMBER, seen.body.get("last"))
    if not first or not last or int(last) - int(first) + 1 != count:
        return Numbers(_no_sense(seen, "range of numbers"))
    return Numbers(heard(seen, Outcome.OK, f"{count} numbers"), first, last)


def read_announcements(seen: Seen) -> Announcements:
    """`GET /v1/announcements`."""
    if seen.status != 200:
        return Announcements(_refused(seen))
    try:
        outages = [_outage(row) for row in _list(seen.body, "announcements")]
    except _NoSenseError:
        return Announcements(_no_sense(seen, "list of announcements"))
    return Announcements(heard(seen, Outcome.OK, f"{len(outages)} announced"), outages)


def _record(row: Mapping[str, Any]) -> Record:
    number, sha256, accepted_at = number_in(row), sha256_in(row), instant(row.get("accepted_at"))
    if not (number and sha256 and accepted_at):
        raise _NoSenseError
    amount, kind, status = row.get("amount_minor"), row.get("kind"), row.get("status")
    return Record(
        number,
        text(_KEY, row.get("key")),
        sha256,
        accepted_at,
        kind=kind if kind in ("BLUE", "RED") else "",
        amount_minor=amount if isinstance(amount, int) and not isinstance(amount, bool) else None,
        issue_date=_day(row.get("issue_date")),
        status=text(_STATUS, status),
    )


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _outage(row: Mapping[str, Any]) -> Outage:
    begins_at, ends_at, said = instant(row.get("from")), instant(row.get("to")), row.get("text")
    if not (begins_at and ends_at and isinstance(said, str)):
        raise _NoSenseError
    return Outage(begins_at, ends_at, words(said, ""))


def _total(body: Mapping[str, Any], kind: str) -> tuple[int, int]:
    total = body.get(kind)
    if not isinstance(total, dict):
        raise _NoSenseError
    return _whole(total, "count"), _whole(total, "amount_minor")


def _list(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    rows = body.get(name)
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise _NoSenseError
    return rows


def _whole(body: Mapping[str, Any], name: str) -> int:
    value = body.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _NoSenseError
    return value


def _refused(seen: Seen) -> TaxAnswer:
    return refusal(seen, lambda row: row.query)


def _no_sense(seen: Seen, what: str) -> TaxAnswer:
    return heard(seen, Outcome.UNKNOWN, f"answered 200 with what is no {what}")
