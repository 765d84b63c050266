"""Tells why an invoice is not in the tax system, by whatever name it is asked for. It changes no invoice."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from chassis import paging, telemetry
from chassis.errors import Fault, FieldFault, Kind
from services.invoice_sync.actions.facts import Subject, probed, reader
from services.invoice_sync.actions.gate_view import read_gates
from services.invoice_sync.actions.probe import ProbeActions
from services.invoice_sync.actions.tools import Tools
from services.invoice_sync.domain.diagnosis import Asked, Claim, Facts, Resolution, diagnose
from services.invoice_sync.domain.diagnosis.facts import Foreign
from services.invoice_sync.domain.invoice import PERSON, Invoice
from services.invoice_sync.domain.mistyped import best, looks_like_a_number, near, number_in, variants
from services.invoice_sync.domain.near import Candidate, narrowed
from services.invoice_sync.domain.payment import Payment
from services.invoice_sync.domain.shown import Diagnosed
from services.invoice_sync.store import finder, invoices, payments

NOTHING_CLAIMED = Claim()
_LIST_SIZE = 50
_BUYER_SIZE = 20
# A person waits for this answer; what does not come in time leaves the cause likely rather than proved.
_ASK_SECONDS = 3.0


class DiagnoseActions:
    """Each method reads in one transaction; only for a number that nobody here knows the authority is asked."""

    def __init__(self, probe: ProbeActions, tools: Tools) -> None:
        self._probe = probe
        self._tools = tools

    @telemetry.traced
    async def diagnose_invoice(self, reference: str, claim: Claim = NOTHING_CLAIMED) -> Diagnosed:
        """Why the invoice is not in the system, or that it is, by any of its names, mistyped ones too.

        Raises Fault NOT_FOUND for what is nothing of ours and no invoice number, or INVALID_FIELD with the payment
        ids when the order number is of several merchants.
        """
        asked = Asked(reference, self._tools.clock.now(), claim=claim)
        async with self._tools.sessions() as session:
            if (subject := await _subject(session, reference)) is not None:
                return self._judge(await (await reader(session, self._tools)).of(asked, subject))
            existing = await finder.known(session, variants(reference))
            meant = best(reference, existing) or ""
            # A number that is one as it was written may exist, so the authority is asked before it is called a slip.
            if meant and number_in(reference) in ("", meant):
                corrected = replace(asked, resolution=Resolution.CORRECTED, meant=meant)
                if (facts := await self._corrected(session, corrected)) is not None:
                    return self._judge(facts)
            asked = await _unknown(session, asked, near(reference, existing))
        return self._judge(await self._nothing_of_ours(asked, meant))

    async def diagnose_buyer(
        self, buyer_tax_id: str, buyer_title: str, merchant_id: str, limit: int
    ) -> Sequence[Diagnosed]:
        """Why, for the invoices of a buyer, those that are not in the system first, then the newest.

        Raises Fault INVALID_FIELD when nobody is named.
        """
        if not buyer_tax_id and buyer_title in ("", PERSON.name):
            raise _nobody_named()
        async with self._tools.sessions() as session:
            ids = await finder.of_buyer(session, buyer_tax_id, buyer_title, merchant_id, limit or _BUYER_SIZE)
            return await self._each(session, ids)

    async def list_not_in_system(
        self, page_size: int, page_token: str, merchant_id: str, cause: str
    ) -> tuple[Sequence[Diagnosed], str]:
        """A page of what is not in the system, each with its cause, and the token of the next.

        First the invoices, oldest first, then the payments that have none, by merchant.
        With a cause a page holds those of it alone, and may be empty before the last. Raises Fault INVALID_PAGE_TOKEN.
        """
        size, filters = page_size or _LIST_SIZE, f"not_in_system\x1f{merchant_id}\x1f{cause}"
        async with self._tools.sessions() as session:
            keys = await _missing(session, paging.decode(filters, page_token), size + 1, merchant_id)
            listed = keys[:size]
            invoice_ids = [key[0] for key in listed if len(key) == 1]
            payment_ids = [key[1] for key in listed if len(key) > 1]
            found = await self._each(session, invoice_ids, payment_ids)
        page = [each for each in found if cause in ("", each.verdict.cause)]
        return page, paging.encode(filters, listed[-1]) if len(keys) > size else ""

    async def _each(
        self, session: AsyncSession, invoice_ids: Sequence[str], payment_ids: Sequence[str] = ()
    ) -> list[Diagnosed]:
        """Why, for each of some invoices, and then of some payments that have none."""
        found = {each.invoice_id: each for each in await invoices.get_many(session, invoice_ids)}
        heard = await payments.heard(session, [*(each.payment_id for each in found.values()), *payment_ids])
        now = self._tools.clock.now()
        # What moved between the two reads is in another place of the list, and met there.
        still = [found[invoice_id] for invoice_id in invoice_ids if invoice_id in found]
        questions = [
            *((Asked(each.invoice_id, now), Subject(*heard[each.payment_id], each)) for each in still),
            *((Asked(payment_id, now), Subject(*heard[payment_id], None)) for payment_id in payment_ids),
        ]
        facts = await (await reader(session, self._tools)).of_all(questions)
        return [self._judge(each) for each in facts]

    async def _corrected(self, session: AsyncSession, asked: Asked) -> Facts | None:
        """What is known of what was meant; None when it is known no more."""
        subject = await _subject(session, asked.meant)
        return None if subject is None else await (await reader(session, self._tools)).of(asked, subject)

    async def _nothing_of_ours(self, asked: Asked, meant: str) -> Facts:
        """What can be said of a number that is not in our books. Raises Fault NOT_FOUND when it is no number.

        Unless the number exists, the only one of ours that is near (`meant`) is told of, or of several the one that
        alone fits what was said.
        """
        number = number_in(asked.reference)
        if not number and not looks_like_a_number(asked.reference):
            raise _nothing_known(asked.reference)
        foreign = await self._ask(number) if number else None
        likeliest = meant or (asked.near.alone if asked.near else "")
        if likeliest and not (foreign and foreign.seller_tax_id):
            corrected = replace(asked, resolution=Resolution.CORRECTED, meant=likeliest)
            async with self._tools.sessions() as session:
                if (facts := await self._corrected(session, corrected)) is not None:
                    return facts
        return Facts(now=asked.asked_time, asked=asked, foreign=foreign)

    async def _ask(self, number: str) -> Foreign | None:
        """What the authority says of a number, now; None while the way there is shut."""
        routing = self._tools.routing
        # A digital invoice's number: two digits of the year, two of the province, and the rest.
        region = number[2:4]
        route = routing.in_region(region if region in routing.regions else None)
        async with self._tools.sessions() as session:
            view = await read_gates(session, self._tools.clock.now())
        if view.shut_to(route, ""):
            return None
        probe, answer = await self._probe.ask_number(route, number, _ASK_SECONDS)
        async with self._tools.sessions() as session:
            ours = bool(answer.seller_tax_id) and await payments.is_seller(session, answer.seller_tax_id)
        return Foreign(probed(probe, answer), answer.seller_tax_id, seller_is_ours=ours)

    def _judge(self, facts: Facts) -> Diagnosed:
        return Diagnosed(
            diagnose(facts, self._tools.timers),
            facts.invoice.invoice_id if facts.invoice else "",
            facts.payment.payment_id if facts.payment else "",
            facts.standing.invoice_number if facts.standing else "",
        )


async def _subject(session: AsyncSession, reference: str) -> Subject | None:
    """What is known here by exactly that. Raises Fault INVALID_FIELD when it names several payments."""
    named = await invoices.referred(session, reference)
    found = await payments.followed(session, reference, [each.payment_id for each in named])
    if not found:
        return None
    # An id goes before an order number that reads like it, so that an id always helps.
    ids = {reference, *(each.payment_id for each in named if _is_named(each, reference))}
    meant = [each for each in found if each[0].payment_id in ids] or found
    if len(meant) > 1:
        raise _ambiguous(reference, [payment for payment, _ in meant])
    payment, heard_time = meant[0]
    return Subject(payment, heard_time, next((each for each in named if each.payment_id == payment.payment_id), None))


def _is_named(invoice: Invoice, reference: str) -> bool:
    return reference in (invoice.invoice_id, invoice.standing.invoice_number)


async def _missing(
    session: AsyncSession, after: tuple[str, ...], limit: int, merchant_id: str
) -> list[tuple[str, ...]]:
    """What is not in the system after a key: the id of an invoice, then merchant and id of a payment without one.

    Raises Fault INVALID_PAGE_TOKEN for what is no such key.
    """
    match after:
        case () | (_,):
            ids = await finder.not_in_system(session, after[0] if after else "", limit, merchant_id)
            past = ("", "")
        case (merchant, payment_id):
            ids, past = [], (merchant, payment_id)
        case _:
            raise paging.wrong_token()
    owed = await finder.without_invoice(session, past, limit - len(ids), merchant_id)
    return [*((each,) for each in ids), *owed]


async def _unknown(session: AsyncSession, asked: Asked, likely: Sequence[str]) -> Asked:
    """The question, with those of ours that are near, the likeliest first, narrowed by what was said."""
    if not likely:
        return replace(asked, resolution=Resolution.NOT_OURS)
    named = await finder.named(session, likely)
    found = {each.invoice_id: each for each in await invoices.get_many(session, [each for _, each in named])}
    candidates = []
    for reference in likely:
        ids = sorted(invoice_id for name, invoice_id in named if name == reference)
        candidates += [Candidate(reference, found.get(each)) for each in ids] or [Candidate(reference, None)]
    return replace(asked, resolution=Resolution.NEAR, near=narrowed(candidates, asked.claim))


def _nothing_known(reference: str) -> Fault:
    return Fault(
        Kind.NOT_FOUND,
        "NOT_FOUND",
        f"nothing is known here by {reference}, nor by anything like it: give an invoice id, a 20-digit invoice "
        "number, a payment id or an order number; by a buyer's tax number ask for the buyer",
        f"未找到与 {reference} 或近似编号对应的发票或支付单：请提供发票编号、20 位发票号码、支付单编号或订单号；"
        "按购买方税号请使用购买方查询",
    )


def _nobody_named() -> Fault:
    message = f"give the buyer's tax number, or a title other than {PERSON.name}"
    message_zh = f"请提供购买方税号，或“{PERSON.name}”以外的抬头"
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        f"buyer_tax_id: {message}",
        f"buyer_tax_id：{message_zh}",
        fields=(FieldFault("buyer_tax_id", "NOBODY_NAMED", message, message_zh),),
    )


def _ambiguous(reference: str, named: Sequence[Payment]) -> Fault:
    payment_ids = [payment.payment_id for payment in named]
    ids = ", ".join(payment_ids)
    message = f"{reference} names more than one payment; give the payment id of the one that is meant: {ids}"
    message_zh = f"{reference} 对应多笔支付单，请改用其中一笔的支付单编号：{ids}"
    return Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        f"reference: {message}",
        f"reference：{message_zh}",
        fields=(FieldFault("reference", "AMBIGUOUS", message, message_zh),),
        metadata={"reference": reference, "payment_ids": ",".join(payment_ids)},
    )
