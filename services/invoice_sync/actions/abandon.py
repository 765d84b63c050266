"""Leaves an invoice for good, by the word of two persons. It sends nothing, and asks nobody."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import telemetry
from chassis.errors import Fault, Kind
from chassis.ids import new_id
from services.invoice_sync.actions.issue import request_id_reused
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.change import change_of
from services.invoice_sync.domain.claim import Put
from services.invoice_sync.domain.command import Ignore
from services.invoice_sync.domain.event import Abandoned
from services.invoice_sync.domain.machine import decide
from services.invoice_sync.domain.standing import TO_SEND, Standing
from services.invoice_sync.store import abandonments, invoices, numbers, outbox
from services.invoice_sync.store.abandonments import Abandonment

_APPROVED = "APPROVED"
_DECLINED = "DECLINED"


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal; `replayed` when it had been made before."""

    abandonment: Abandonment
    replayed: bool


class AbandonActions:
    """Each method is one transaction."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    @telemetry.traced
    async def propose_abandonment(self, request_id: str, invoice_id: str, operator: str, reason: str) -> Proposed:
        """Propose to leave an invoice; another person decides.

        Raises Fault NOT_FOUND, REQUEST_ID_REUSED, and NOT_ABANDONABLE for what cannot be left, or is proposed already.
        """
        async with self._tools.sessions.begin() as session:
            if before := await abandonments.asked_by(session, request_id):
                if (before.invoice_id, before.propose_by, before.propose_reason) != (invoice_id, operator, reason):
                    raise request_id_reused()
                return Proposed(before, replayed=True)
            invoice = await invoices.get(session, invoice_id)
            if invoice is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no invoice {invoice_id}", f"没有发票 {invoice_id}")
            self._left(invoice.standing, reason)
            now = self._tools.clock.now()
            state = invoice.standing.sync_state
            made = Abandonment(new_id("abn"), request_id, invoice_id, state, "PROPOSED", operator, reason, now)
            if not await abandonments.add(session, made):
                raise _not_abandonable(invoice_id, "a proposal for it is open", "已有待决定的放弃申请")
        return Proposed(made, replayed=False)

    @telemetry.traced
    async def decide_abandonment(
        self, abandonment_id: str, operator: str, reason: str, *, approve: bool
    ) -> Abandonment:
        """Leave the invoice for good, or decline to; the same decision again changes nothing.

        Raises Fault NOT_FOUND, SECOND_PERSON_REQUIRED, and NOT_ABANDONABLE when the invoice went on meanwhile, is
        worked on this moment, or it was decided otherwise.
        """
        async with self._tools.sessions.begin() as session:
            found = await abandonments.hold(session, abandonment_id)
            if found is None:
                raise Fault(Kind.NOT_FOUND, "NOT_FOUND", f"no proposal {abandonment_id}", f"没有申请 {abandonment_id}")
            wanted = _APPROVED if approve else _DECLINED
            if found.state != "PROPOSED":
                if found.state == wanted:
                    return found
                raise _not_abandonable(found.invoice_id, f"it was {found.state} before", f"此前已作决定：{found.state}")
            if operator == found.propose_by:
                raise _second_person()
            now = self._tools.clock.now()
            decided = replace(found, state=wanted, decide_by=operator, decide_reason=reason, decide_time=now)
            if approve:
                await self._leave(session, found, reason)
            await abandonments.decide(session, decided)
        return decided

    async def _leave(self, session: AsyncSession, found: Abandonment, reason: str) -> None:
        """Move the invoice, if it stands as it did when it was proposed."""
        invoice_id = found.invoice_id
        await invoices.hold(session, invoice_id)
        if settled := await abandonments.hold_settled(session, invoice_id):
            _must_stand(settled, found)
            await abandonments.leave_settled(session, self._left(settled, reason))
        elif held := await outbox.hold_idle(session, [invoice_id]):
            _must_stand(held[0], found)
            left = self._left(held[0], reason)
            await outbox.put(session, [Put(left, "", change_of(held[0], left))])
        else:
            raise _not_abandonable(invoice_id, "it is worked on this moment, try again", "系统正在处理，请稍后重试")
        await numbers.want_no_more(session, invoice_id)

    def _left(self, standing: Standing, reason: str) -> Standing:
        now, tools = self._tools.clock.now(), self._tools
        decision = decide(standing, Abandoned(reason), now, tools.jitter(), tools.timers)
        if any(isinstance(each, Ignore) for each in decision.commands):
            state = standing.sync_state.value
            raise _not_abandonable(standing.invoice_id, f"it is {state}", f"当前状态为 {state}", state)
        return decision.standing


def _must_stand(standing: Standing, found: Abandonment) -> None:
    """What waited when it was proposed may be at the authority by now, which is another thing to decide."""
    state = standing.sync_state
    if state is not found.sync_state and not {state, found.sync_state} <= TO_SEND:
        why = f"it was {found.sync_state.value} when this was proposed, and is {state.value}: decline, and propose anew"
        why_zh = f"申请时状态为 {found.sync_state.value}，现为 {state.value}，请驳回后重新申请"
        raise _not_abandonable(standing.invoice_id, why, why_zh, state.value)


def _not_abandonable(invoice_id: str, why: str, why_zh: str, state: str = "") -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "NOT_ABANDONABLE",
        f"invoice {invoice_id} cannot be abandoned: {why}",
        f"发票 {invoice_id} 不能放弃：{why_zh}",
        metadata={"invoice_id": invoice_id, "state": state},
    )


def _second_person() -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "SECOND_PERSON_REQUIRED",
        "whoever proposed to abandon the invoice does not decide it: another person has to",
        "申请人不能自行批准放弃发票，须由另一人决定",
    )
