"""Reads what the sandbox authority tells of red-letter forms. What cannot be read to its end is UNKNOWN as a whole."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.red_form import FormState, RedForm, Side
from services.invoice_sync.tax import RedFormAnswer, RedFormPage
from services.invoice_sync.tax.sandbox_answer import heard, refusal, text, words
from services.invoice_sync.tax.wire import Seen, instant

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_NUMBER = re.compile(r"[0-9]{20}")
_CURSOR = re.compile(r"[\x21-\x7e]{0,200}")


def read_applied(seen: Seen) -> RedFormAnswer:
    """`POST /v1/red-forms`."""
    if seen.status != 201:
        answer = refusal(seen, lambda row: row.submit)
        unsent = not seen.status and not seen.left
        return RedFormAnswer(replace(answer, outcome=Outcome.NOT_RECEIVED) if unsent else answer)
    return _one(seen, Outcome.ACCEPTED, "")


def read_moved(seen: Seen, form_id: str) -> RedFormAnswer:
    """`POST /v1/red-forms/{form_id}/...`."""
    if seen.status != 200:
        return RedFormAnswer(refusal(seen, lambda row: row.submit))
    return _one(seen, Outcome.ACCEPTED, form_id)


def read_form(seen: Seen, form_id: str) -> RedFormAnswer:
    """`GET /v1/red-forms/{form_id}`."""
    if seen.status != 200:
        return RedFormAnswer(refusal(seen, lambda row: row.query))
    return _one(seen, Outcome.OK, form_id)


def read_forms(seen: Seen) -> RedFormPage:
    """`GET /v1/red-forms`, of an invoice or of a seller."""
    if seen.status != 200:
        return RedFormPage(refusal(seen, lambda row: row.query))
    rows, after = seen.body.get("forms"), seen.body.get("next", "")
    forms = [_form(row) if isinstance(row, dict) else None for row in rows] if isinstance(rows, list) else [None]
    read = [each for each in forms if each is not None]
    if len(read) < len(forms) or not isinstance(after, str) or not _CURSOR.fullmatch(after):
        return RedFormPage(heard(seen, Outcome.UNKNOWN, "answered 200 with what is no list of forms"))
    return RedFormPage(heard(seen, Outcome.OK, f"{len(read)} forms"), read, after)


def _one(seen: Seen, outcome: Outcome, form_id: str) -> RedFormAnswer:
    form = _form(seen.body)
    if form is None or form_id not in ("", form.form_id):
        return RedFormAnswer(heard(seen, Outcome.UNKNOWN, f"answered {seen.status} with what is no such form"))
    return RedFormAnswer(heard(seen, outcome, f"the form is {form.state}"), form)


def _form(body: Mapping[str, Any]) -> RedForm | None:
    """A form; None when any part of it makes no sense."""
    form_id, blue_number = text(_ID, body.get("form_id")), text(_NUMBER, body.get("blue_number"))
    applied_at, amount_minor = instant(body.get("applied_at")), body.get("amount_minor")
    is_amount = isinstance(amount_minor, int) and not isinstance(amount_minor, bool) and amount_minor < 0
    known = body.get("state") in list(FormState) and body.get("applied_by") in list(Side)
    if not (form_id and blue_number and applied_at and is_amount and known):
        return None
    return RedForm(
        form_id,
        FormState(body["state"]),
        blue_number,
        body["amount_minor"],
        words(body.get("reason"), ""),
        Side(body["applied_by"]),
        applied_at,
        text(_NUMBER, body.get("red_number")),
    )
