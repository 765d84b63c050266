"""Takes documents. Submits that come at once share a transaction; what struck is committed with what was taken."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.database import Sessions
from services.tax_sandbox.coalescer import Coalescer
from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.calendar import period_of
from services.tax_sandbox.domain.document import TaxDocument
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.judgement import Facts, Rules, Submit, Verdict, judge
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.domain.reply import Reply
from services.tax_sandbox.domain.seller import SellerStanding
from services.tax_sandbox.steered import Steered, Strikes
from services.tax_sandbox.store.acceptance import AcceptanceStore, Accepted, Logged
from services.tax_sandbox.store.number_range import NumberRangeStore
from services.tax_sandbox.store.red_form import RedFormStore
from services.tax_sandbox.store.seller import SellerStore
from services.tax_sandbox.store.steered import SteeredStore

_IN_A_FLUSH_MAX = 256
_WAITING_MAX = 1024


class SubmissionActions:
    """The one way into `acceptance`."""

    def __init__(self, sessions: Sessions, steered: Steered, rules: Rules, *, registration_required: bool) -> None:
        self._sessions = sessions
        self._steered = steered
        self._rules = rules
        self._registration_required = registration_required
        self._submits = Coalescer(self.take_submits, _IN_A_FLUSH_MAX, _WAITING_MAX)
        self._taking_since: datetime | None = None

    async def submit_invoice(self, submit: Submit) -> Reply:
        """Take a document under a key, once: a repeat gets the same number, other bytes are refused.

        What was taken is committed before this returns, whatever befalls the answer afterwards.
        """
        return await self._submits.ask(submit)

    def taking_since(self) -> datetime | None:
        """The instant that those bear which are being taken and not yet committed; None when there are none."""
        return self._taking_since

    async def take_submits(self, submits: Sequence[Submit]) -> list[Reply]:
        """One transaction for all of them, judged in the order in which they came."""
        strikes, now = Strikes(), self._steered.now()
        self._taking_since = now
        try:
            async with self._sessions.begin() as session:
                ledger = await _read(session, submits, now, registration_required=self._registration_required)
                if self._steered.may_strike(FaultName.DUPLICATE, (plan for one in submits for plan in one.asked)):
                    for place in {submit.place for submit in submits}:
                        ledger.newest[place] = await AcceptanceStore(session).newest(place, 2)
                verdicts = [self._judge(submit, ledger, strikes) for submit in submits]
                await _write(session, submits, verdicts, now)
                await SteeredStore(session).count_strikes(strikes)
        except BaseException:
            self._steered.give_back(strikes)
            raise
        finally:
            self._taking_since = None
        return [verdict.reply for verdict in verdicts]

    def _judge(self, submit: Submit, ledger: "_Ledger", strikes: Strikes) -> Verdict:
        def strike(phase: Phase, occasion: Occasion) -> FaultPlan | None:
            return self._steered.strike(strikes, phase, occasion)

        verdict = judge(submit, ledger.facts(submit), self._rules, strike)
        ledger.enter(submit, verdict)
        return verdict


@dataclass(slots=True)
class _Ledger:
    """What was read for a flush, and what its submits have changed so far."""

    now: datetime
    records: dict[tuple[Place, str], Record]
    submit_counts: dict[tuple[Place, str], tuple[int, int]]
    sellers: dict[tuple[Place, str], SellerStanding]
    sequences: list[int]
    own_numbers: set[tuple[Place, str, str]]
    used_numbers: set[str]
    red_forms: dict[tuple[Place, str, str], int]
    newest: dict[Place, list[tuple[str, str]]]

    def facts(self, submit: Submit) -> Facts:
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
            red_form_amount_minor=self.red_forms.get((submit.place, document.red_form_id, document.red_of)),
            other_number=next((number for key, number in self.newest.get(submit.place, ()) if key != submit.key), ""),
        )

    def enter(self, submit: Submit, verdict: Verdict) -> None:
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
        self.red_forms.pop((submit.place, acceptance.red_form_id, acceptance.red_of), None)
        seller = self.sellers[submit.place, acceptance.seller_tax_id]
        self.sellers[submit.place, acceptance.seller_tax_id] = replace(
            seller, used_minor=seller.used_minor + acceptance.amount_minor
        )


async def _read(
    session: AsyncSession, submits: Sequence[Submit], now: datetime, *, registration_required: bool
) -> _Ledger:
    keys = {(submit.place, submit.key) for submit in submits}
    documents = [(submit.place, submit.document) for submit in submits if isinstance(submit.document, TaxDocument)]
    acceptances, ranges = AcceptanceStore(session), NumberRangeStore(session)
    sellers = {(place, document.seller_tax_id) for place, document in documents}
    numbers = {(place, document.seller_tax_id, document.number) for place, document in documents if document.number}
    forms = {document.red_form_id for _, document in documents if document.red_form_id}
    standings = await SellerStore(session).standings(sellers, period_of(now)) if sellers else {}
    return _Ledger(
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


async def _write(session: AsyncSession, submits: Sequence[Submit], verdicts: Sequence[Verdict], now: datetime) -> None:
    """Write down what was decided, and that each of them came."""
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
    await acceptances.log(
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
