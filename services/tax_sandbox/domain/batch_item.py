"""What becomes of an item of a batch, when it comes and when its session closes. It keeps nothing."""

from dataclasses import dataclass, replace
from datetime import datetime

from services.tax_sandbox.domain.batch import BatchItem, ItemStatus, SentItem
from services.tax_sandbox.domain.fault import FaultPlan
from services.tax_sandbox.domain.judgement import Submit, Verdict
from services.tax_sandbox.domain.reply import Reply


@dataclass(frozen=True, slots=True)
class JudgedItem:
    """What was made of an item: for the log, for the answer unless it is lacking there, and to be kept if it is new."""

    verdict: Verdict
    answer: BatchItem | None
    kept: BatchItem | None


@dataclass(frozen=True, slots=True)
class Candidate:
    """An item with what the session has under its index, and whether an open session has taken its key."""

    sent: SentItem
    submit: Submit
    there: BatchItem | None
    is_held: bool

    def is_repeat(self) -> bool:
        """Whether it was taken before, just so."""
        there = self.there
        return there is not None and there.status is ItemStatus.TAKEN and there.sent == self.sent

    def refused(self, session_id: str, code: str, now: datetime, *, is_kept: bool) -> JudgedItem:
        """A refusal by the session itself."""
        item = BatchItem(session_id, self.sent, ItemStatus.REFUSED, "", code, now)
        return JudgedItem(Verdict("REFUSED", Reply(409, {})), item, item if is_kept else None)

    def judged(self, session_id: str, verdict: Verdict, missing: FaultPlan | None, now: datetime) -> JudgedItem:
        """What a verdict makes of the item; `missing` is the fault that keeps it out of the answer."""
        said = verdict.reply
        if missing:
            verdict = replace(verdict, struck=(*verdict.struck, missing))
        if said.dropped_by:
            return JudgedItem(verdict, None, None)
        if said.status != 200:
            item = BatchItem(session_id, self.sent, ItemStatus.REFUSED, "", said.body["code"], now)
            return JudgedItem(verdict, None if missing else item, item)
        item = BatchItem(session_id, self.sent, ItemStatus.TAKEN, said.body["number"], "", now, self.submit.traceparent)
        if verdict.outcome == "TURNED_AWAY":
            return JudgedItem(verdict, item, None)  # DUPLICATE: the answer is a lie
        return JudgedItem(replace(verdict, outcome="IN_SESSION"), None if missing else item, item)


# A repeat of what the session has taken.
IN_SESSION = Verdict("IN_SESSION", Reply(200, {}))


def after_close(item: BatchItem, verdict: Verdict) -> BatchItem:
    """The item as its session leaves it; a number that was given before under its key is the one that counts."""
    if verdict.reply.status == 200:
        return replace(item, number=verdict.reply.body["number"])
    return replace(item, status=ItemStatus.REFUSED, number="", code=verdict.reply.body["code"])
