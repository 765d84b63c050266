"""A statement file to canonical lines, in batches; and what the file says as a whole, after its end.

The same bytes always give the same lines, in the order of the file; a line that is there twice comes twice.
"""

import contextlib
from collections.abc import Callable, Iterator, Sequence

import pyarrow as pa  # type: ignore[import-untyped]

from services.reconciler.domain.line import StatementLine
from services.reconciler.domain.statement import Summary
from services.reconciler.statements import bai2, camt, delimited, fixed_width, mt940, ofx, workbook
from services.reconciler.statements.detect import Claim, claimed
from services.reconciler.statements.encoding import count_lines
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.lines import lines_of
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import DraftFits, StatementRefused
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally

Reader = Callable[[Source, Profile, Tally, Limits], Iterator[pa.RecordBatch]]
_READERS: dict[str, Reader] = {
    "delimited": delimited.read,
    "fixed_width": fixed_width.read,
    "workbook": workbook.read,
    "camt": camt.read,
    "mt940": mt940.read,
    "bai2": bai2.read,
    "ofx": ofx.read,
}
_LIMITS = Limits()


def open_statement(
    source: Source, profiles: Sequence[Profile], limits: Limits = _LIMITS, profile_id: str = ""
) -> "Reading":
    """Find the one active profile that claims the file, or see that `profile_id` does; and make ready to read it.

    Raises StatementRefused if nothing of the file can be read, DraftFits if a draft would claim it.
    """
    if profile_id:
        chosen = [profile for profile in profiles if profile.id == profile_id]
    else:
        chosen = [profile for profile in profiles if profile.status == "active"]
    try:
        return Reading(claimed(source, chosen, limits), limits)
    except StatementRefused as refused:
        drafts = [profile for profile in profiles if profile.status == "draft"]
        if refused.code == "E-PROFILE-NONE" and not profile_id and (names := _fitting(source, drafts, limits)):
            raise DraftFits(names) from refused
        raise


def _fitting(source: Source, drafts: Sequence[Profile], limits: Limits) -> str:
    """The drafts that would claim the file, by name; "" if none would."""
    fitting = []
    for draft in drafts:
        with contextlib.suppress(StatementRefused):  # this one does not fit
            claimed(source, [draft], limits)
            fitting.append(draft.id)
    return ", ".join(fitting)


class Reading:
    """One file being read; `batches` is to be taken to its end, once, and then `summary` tells the whole.

    The places of lines are in the text itself: in the file, or in what was unpacked from it.
    """

    def __init__(self, claim: Claim, limits: Limits) -> None:
        self.profile = claim.profile
        self._member, self._limits = claim.member, limits
        self._tally = Tally(claim.profile, claim.encoding)
        self._ended = False

    def batches(self) -> Iterator[pa.RecordBatch]:
        """The lines as batches of LINE_SCHEMA. What is wrong with the file is not raised, `summary` tells it."""
        read = _READERS["workbook" if self._member.is_workbook else self.profile.format]
        try:
            for batch in read(self._member.source, self.profile, self._tally, self._limits):
                self._tally.take(batch)
                yield batch
        except StatementRefused as refused:
            self._tally.fault(refused.fault)
            if self.profile.format in ("delimited", "fixed_width") and not self._member.is_workbook:
                self._tally.leave_unread(count_lines(self._member.source, self._tally.encoding))
        self._ended = True

    @property
    def summary(self) -> Summary:
        """What the file says as a whole; only after the last batch."""
        assert self._ended, "the file has not been read to its end"
        return self._tally.summary()


def check_statement(
    source: Source, profiles: Sequence[Profile], limits: Limits = _LIMITS, profile_id: str = ""
) -> Summary:
    """Read a file to its end and keep no line. Raises StatementRefused if nothing of it can be read."""
    reading = open_statement(source, profiles, limits, profile_id)
    for _ in reading.batches():
        pass
    return reading.summary


def read_whole(
    source: Source, profiles: Sequence[Profile], limits: Limits = _LIMITS, profile_id: str = ""
) -> tuple[Summary, tuple[StatementLine, ...]]:
    """A small file with all its lines in memory. Raises StatementRefused, for its first fault, if it has one."""
    reading = open_statement(source, profiles, limits, profile_id)
    lines = tuple(line for batch in reading.batches() for line in lines_of(batch))
    for fault in reading.summary.faults:
        raise StatementRefused(fault.code, line=fault.line, column=fault.column, value=fault.value)
    return reading.summary, lines
