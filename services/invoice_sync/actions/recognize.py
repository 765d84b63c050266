"""From an invoice file to its diagnosis: has the file read, and asks why, with what it says. It stores nothing."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from chassis import telemetry
from chassis.errors import Fault, Kind
from services.invoice_sync.actions.diagnose import DiagnoseActions
from services.invoice_sync.domain.diagnosis import Claim
from services.invoice_sync.domain.recognition import ReadField, Recognition
from services.invoice_sync.domain.shown import Diagnosed
from services.invoice_sync.recognition.reader import Reader

# A file that names more is no invoice, but a list of them.
_NUMBERS_MAX = 3


@dataclass(frozen=True, slots=True)
class FileDiagnosed:
    """What a file says, and why each invoice that it names is not in the system, or that it is."""

    recognition: Recognition
    diagnoses: Sequence[Diagnosed]


class RecognizeActions:
    """No transaction of its own."""

    def __init__(self, reader: Reader, diagnose: DiagnoseActions) -> None:
        self._reader = reader
        self._diagnose = diagnose

    @telemetry.traced
    async def diagnose_file(self, content: bytes) -> FileDiagnosed:
        """Read a file and diagnose what it names; of a number that it contradicts, each.

        What the file says of the invoice counts as what an asker says, save where it contradicts itself. Raises Fault
        FILE_REFUSED, and NOTHING_RECOGNIZED when it names no invoice, or more than three.
        """
        found = await self._reader.recognize(content)
        telemetry.annotate(file_kind=found.file_kind, read_count=len(found.reads))
        numbers = found.values(ReadField.NUMBER)
        if not 0 < len(numbers) <= _NUMBERS_MAX:
            raise _nothing(found, len(numbers))
        claim = _claim(found)
        diagnoses = [await self._diagnose.diagnose_invoice(number, claim) for number in numbers]
        return FileDiagnosed(found, diagnoses)


def _claim(found: Recognition) -> Claim:
    issued = found.alone(ReadField.ISSUE_DATE)
    return Claim(
        issue_date=date.fromisoformat(issued) if issued else None,
        amount_minor=found.amount_minor(),
        buyer_tax_id=found.alone(ReadField.BUYER_TAX_ID),
    )


def _nothing(found: Recognition, count: int) -> Fault:
    what = "more invoice numbers than one file has" if count else "no invoice number"
    what_zh = "的发票号码过多" if count else "中未识别到发票号码"
    return Fault(
        Kind.INVALID,
        "NOTHING_RECOGNIZED",
        f"the {found.file_kind} has {what}; a scan without a code or text cannot be read: ask by number instead",
        f"该 {found.file_kind} 文件{what_zh}；不含二维码或文字的扫描件无法识别，请改用发票号码查询",
        metadata={"file_kind": found.file_kind, "numbers": str(count)},
    )
