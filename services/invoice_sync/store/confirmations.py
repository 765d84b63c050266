"""SQL of what a second person has to confirm. What was asked for is sealed by the action that writes it."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, select
from sqlalchemy.ext.asyncio import AsyncSession

from chassis.money import Money
from services.invoice_sync.domain.buyer_check import Applicant, Finding, Weight
from services.invoice_sync.domain.confirmation import Confirmation, ConfirmationState, Decided
from services.invoice_sync.store.sql import run
from services.invoice_sync.tables import confirmation

_NOT_OPENED = Applicant("")


@dataclass(frozen=True, slots=True)
class Kept:
    """A confirmation as it is kept: its applicant is sealed, and empty in `confirmation`."""

    confirmation: Confirmation
    sealed: bytes

    def opened(self, applicant: Applicant) -> Confirmation:
        """The confirmation with its applicant."""
        return replace(self.confirmation, applicant=applicant)


def findings_text(findings: Sequence[Finding]) -> str:
    """Findings as JSON."""
    return json.dumps([asdict(each) for each in findings], ensure_ascii=False)


def findings_of(told: Sequence[dict[str, Any]]) -> tuple[Finding, ...]:
    """Findings out of JSON."""
    return tuple(Finding(**{**each, "weight": Weight(each["weight"])}) for each in told)


async def add_many(session: AsyncSession, made: Sequence[Kept]) -> None:
    """Write new ones. The payments are held, and nothing else awaits confirmation for them."""
    if not made:
        return
    known = [each.confirmation for each in made]
    await run(
        session,
        _ADD,
        [each.confirmation_id for each in known],
        [each.request_id for each in known],
        [each.fingerprint for each in known],
        [each.payment_id for each in known],
        [each.merchant_id for each in known],
        [each.amount.currency_code for each in known],
        [each.amount.amount_minor for each in known],
        [each.sealed for each in made],
        [findings_text(each.findings) for each in known],
        [each.requested_by for each in known],
        [each.create_time for each in known],
        [each.bulk_request_id for each in known],
    )


async def of_request(session: AsyncSession, request_id: str) -> Kept | None:
    """The one that a request_id stands for."""
    return await _one(session, confirmation.c.request_id == request_id)


async def get(session: AsyncSession, confirmation_id: str) -> Kept | None:
    """One."""
    return await _one(session, confirmation.c.confirmation_id == confirmation_id)


async def hold(session: AsyncSession, confirmation_id: str) -> Kept | None:
    """One, which nobody else decides before the transaction ends."""
    asked = select(confirmation).where(confirmation.c.confirmation_id == confirmation_id).with_for_update()
    row = (await session.execute(asked)).mappings().one_or_none()
    return None if row is None else _kept(row)


async def awaiting(session: AsyncSession, payment_ids: Sequence[str]) -> dict[str, Kept]:
    """What awaits a second person for some payments, by payment_id."""
    asked = select(confirmation).where(
        confirmation.c.payment_id.in_(payment_ids),
        confirmation.c.state == ConfirmationState.AWAITS_CONFIRMATION.value,
    )
    rows = (await session.execute(asked)).mappings()
    return {row["payment_id"]: _kept(row) for row in rows}


async def page(
    session: AsyncSession, limit: int, before: str, merchant_id: str, state: ConfirmationState | None
) -> Sequence[Kept]:
    """Newest first; ids sort by the time of their making."""
    asked = select(confirmation)
    if before:
        asked = asked.where(confirmation.c.confirmation_id < before)
    if merchant_id:
        asked = asked.where(confirmation.c.merchant_id == merchant_id)
    if state is not None:
        asked = asked.where(confirmation.c.state == state.value)
    asked = asked.order_by(confirmation.c.confirmation_id.desc()).limit(limit)
    return [_kept(row) for row in (await session.execute(asked)).mappings()]


async def decide(session: AsyncSession, confirmation_id: str, state: ConfirmationState, decided: Decided) -> None:
    """Write the decision of one that is held."""
    await run(
        session,
        _DECIDE,
        confirmation_id,
        state.value,
        decided.decided_by,
        decided.reason,
        decided.decide_time,
        decided.invoice_id or None,
    )


async def _one(session: AsyncSession, which: ColumnElement[bool]) -> Kept | None:
    row = (await session.execute(select(confirmation).where(which))).mappings().one_or_none()
    return None if row is None else _kept(row)


def _kept(row: RowMapping) -> Kept:
    decided = None
    if row["decided_by"] is not None:
        decided = Decided(row["decided_by"], row["reason"], row["decide_time"], row["invoice_id"] or "")
    made = Confirmation(
        confirmation_id=row["confirmation_id"],
        request_id=row["request_id"],
        fingerprint=row["fingerprint"],
        payment_id=row["payment_id"],
        merchant_id=row["merchant_id"],
        amount=Money(row["currency_code"], row["amount_minor"]),
        applicant=_NOT_OPENED,
        findings=findings_of(row["findings"]),
        requested_by=row["requested_by"],
        create_time=row["create_time"],
        state=ConfirmationState(row["state"]),
        decided=decided,
        bulk_request_id=row["bulk_request_id"],
    )
    return Kept(made, bytes(row["sealed"]))


_ADD = """
    INSERT INTO confirmation (confirmation_id, request_id, fingerprint, payment_id, merchant_id, currency_code,
        amount_minor, sealed, findings, state, requested_by, create_time, bulk_request_id)
    SELECT confirmation_id, request_id, fingerprint, payment_id, merchant_id, currency_code, amount_minor, sealed,
        findings::jsonb, 'AWAITS_CONFIRMATION', requested_by, create_time, bulk_request_id
    FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bytea[],
        $9::text[], $10::text[], $11::timestamptz[], $12::text[])
        AS made (confirmation_id, request_id, fingerprint, payment_id, merchant_id, currency_code, amount_minor, sealed,
            findings, requested_by, create_time, bulk_request_id)
"""
_DECIDE = """
    UPDATE confirmation SET state = $2, decided_by = $3, reason = $4, decide_time = $5, invoice_id = $6
    WHERE confirmation_id = $1
"""
