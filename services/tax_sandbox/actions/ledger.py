"""What is known when documents are judged together, and how what was decided is written down. It judges nothing."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.calendar import period_of
from services.tax_sandbox.domain.document import TaxDocument
from services.tax_sandbox.domain.fault import FaultName
from services.tax_sandbox.domain.judgement import Facts, Submit, Verdict
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.seller import SellerStanding
from services.tax_sandbox.store.acceptance import AcceptanceStore, Accepted, Logged
from services.tax_sandbox.store.number_range import NumberRangeStore
from services.tax_sandbox.store.red_form import FormAsked, RedFormStore
from services.tax_sandbox.store.seller import SellerStore


@dataclass(slots=True)
class Ledger:
    """What was read for a flush, and what its submits have changed so far."""

    now: datetime
    records: dict[tuple[Place, str], Record]
    submit_counts: dict[tuple[Place, str], tuple[int, int]]
    sellers: dict[tuple[Place, str], SellerStanding]
    sequences: list[int]
    own_numbers: set[tuple[Place, str, str]]
    used_numbers: set[str]
    red_forms: dict[FormAsked, int]
    newest: dict[Place, list[tuple[str, str]]]

    def facts(self, submit: Submit) -> Facts:
        """What bears on a submit now."""
        at = (submit.place, submit.key)
        earlier_count, throttled_count = self.submit_counts.get(at, (0, 0))
        facts = Facts(
            self.now, self.sequences[-1], self.records.get(at), earlier_count, throttled_count, SellerStanding()
        )
        if not isinstance(document := submit.document, TaxDocument):
            return facts
        return replace(
            facts,
            seller=self.sellers[submit.place, document.seller_tax_id],
            number_is_own=(submit.place, document.seller_tax_id, document.number) in self.own_numbers,
            number_is_used=document.number in self.used_numbers,
            red_form_amount_minor=self.red_forms.get(
                (submit.place, document.red_form_id, document.red_of, document.seller_tax_id)
            ),
            other_number=next((number for key, number in self.newest.get(submit.place, ()) if key != submit.key), ""),
        )

    async def read_newest(self, session: AsyncSession, places: Collection[Place]) -> None:
        """Read the newest numbers of places, which only the lie of DUPLICATE needs."""
        for place in places:
            self.newest[place] = await AcceptanceStore(session).newest(place, 2)

    def enter(self, submit: Submit, verdict: Verdict) -> None:
        """Let what was decided bear on those that follow."""
        at = (submit.place, submit.key)
        earlier_count, throttled_count = self.submit_counts.get(at, (0, 0))
        throttled = [plan.fault for plan in verdict.struck] == [FaultName.THROTTLE]
        self.submit_counts[at] = (earlier_count + 1, throttled_count + throttled)
        if (acceptance := verdict.acceptance) is None:
            return
        self.records[at] = Record(acceptance, None)
        if not verdict.is_new:
            return
        self.sequences.pop()
        self.used_numbers.add(acceptance.invoice_number)
        self.red_forms.pop((submit.place, acceptance.red_form_id, acceptance.red_of, acceptance.seller_tax_id), None)
        seller = self.sellers[submit.place, acceptance.seller_tax_id]
        self.sellers[submit.place, acceptance.seller_tax_id] = replace(
            seller, used_minor=seller.used_minor + acceptance.amount_minor
        )


async def read_ledger(
    session: AsyncSession, submits: Sequence[Submit], now: datetime, *, registration_required: bool
) -> Ledger:
    """Read what bears on these submits, with a statement for each kind of fact and none for each submit."""
    keys = {(submit.place, submit.key) for submit in submits}
    documents = [(submit.place, submit.document) for submit in submits if isinstance(submit.document, TaxDocument)]
    acceptances, ranges = AcceptanceStore(session), NumberRangeStore(session)
    sellers = {(place, document.seller_tax_id) for place, document in documents}
    numbers = {(place, document.seller_tax_id, document.number) for place, document in documents if document.number}
    forms = {document.red_form_id for _, document in documents if document.red_form_id}
    standings = await SellerStore(session).standings(sellers, period_of(now)) if sellers else {}
    return Ledger(
        now=now,
        records=await acceptances.find(keys),
        submit_counts=await acceptances.earlier_submits(keys),
        sellers={
            at: replace(one, registration_is_required=one.registration_is_required or registration_required)
            for at, one in standings.items()
        },
        sequences=await acceptances.next_sequences(len(submits) + 1),
        own_numbers=await ranges.owned(numbers) if numbers else set(),
        used_numbers=await acceptances.used_numbers({one[2] for one in numbers}) if numbers else set(),
        red_forms=dict(await RedFormStore(session).usable_amounts(forms)) if forms else {},
        newest={},
    )


async def write_accepted(
    session: AsyncSession, submits: Sequence[Submit], verdicts: Sequence[Verdict], now: datetime
) -> None:
    """Write down what was taken, and what it used up."""
    acceptances = AcceptanceStore(session)
    new, used = {}, Counter[tuple[Place, str]]()
    for submit, verdict in zip(submits, verdicts, strict=True):
        if (acceptance := verdict.acceptance) is None:
            continue
        accepted = Accepted(acceptance, submit.body, submit.traceparent)
        if verdict.is_new or acceptance.invoice_number in new:
            # A repeat may come in the same flush as the first, which was swallowed: one row, with the later schedule.
            new[acceptance.invoice_number] = accepted
        else:
            await acceptances.reschedule(accepted)
        if verdict.is_new:
            used[acceptance.place, acceptance.seller_tax_id] += acceptance.amount_minor
        if verdict.is_new and acceptance.red_form_id:
            await RedFormStore(session).use(acceptance.red_form_id, acceptance.invoice_number)
    await acceptances.add(list(new.values()))
    await SellerStore(session).add_used(period_of(now), used)


async def log_submits(
    session: AsyncSession, submits: Sequence[Submit], verdicts: Sequence[Verdict], now: datetime
) -> None:
    """Write down that each of them came, and what was made of it."""
    await AcceptanceStore(session).log(
        [
            Logged(
                submit.place,
                submit.key,
                submit.sha256,
                now,
                verdict.outcome,
                ",".join(plan.fault for plan in verdict.struck),
            )
            for submit, verdict in zip(submits, verdicts, strict=True)
        ]
    )
