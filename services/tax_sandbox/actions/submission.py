"""Takes documents. Submits that come at once share a transaction; what struck is committed with what was taken."""

from collections.abc import Sequence
from datetime import datetime

from chassis.batch import Batcher
from chassis.database import Sessions
from services.tax_sandbox.actions.ledger import Ledger, log_submits, read_ledger, write_accepted
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.judgement import Rules, Submit, Verdict, judge
from services.tax_sandbox.domain.reply import Reply
from services.tax_sandbox.steered import Steered, Strikes
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
        self._submits = Batcher[Submit, Reply](self.take_submits, size_max=_IN_A_FLUSH_MAX, waiting_max=_WAITING_MAX)
        self._taking_since: datetime | None = None

    async def submit_invoice(self, submit: Submit) -> Reply:
        """Take a document under a key, once: a repeat gets the same number, other bytes are refused.

        What was taken is committed before this returns, whatever befalls the answer afterwards.
        """
        return await self._submits.add(submit)

    def taking_since(self) -> datetime | None:
        """The instant that those bear which are being taken and not yet committed; None when there are none."""
        return self._taking_since

    async def take_submits(self, submits: Sequence[Submit]) -> list[Reply]:
        """One transaction for all of them, judged in the order in which they came."""
        strikes, now = Strikes(), self._steered.now()
        self._taking_since = now
        try:
            async with self._sessions.begin() as session:
                ledger = await read_ledger(session, submits, now, registration_required=self._registration_required)
                if self._steered.may_strike(FaultName.DUPLICATE, (plan for one in submits for plan in one.asked)):
                    await ledger.read_newest(session, {submit.place for submit in submits})
                verdicts = [self._judge(submit, ledger, strikes) for submit in submits]
                await write_accepted(session, submits, verdicts, now)
                await log_submits(session, submits, verdicts, now)
                await SteeredStore(session).count_strikes(strikes)
        except BaseException:
            self._steered.give_back(strikes)
            raise
        finally:
            self._taking_since = None
        return [verdict.reply for verdict in verdicts]

    def _judge(self, submit: Submit, ledger: Ledger, strikes: Strikes) -> Verdict:
        def strike(phase: Phase, occasion: Occasion) -> FaultPlan | None:
            return None if submit.at_portal else self._steered.strike(strikes, phase, occasion)

        verdict = judge(submit, ledger.facts(submit), self._rules, strike)
        ledger.enter(submit, verdict)
        return verdict
