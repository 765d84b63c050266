"""How far an import has come, where a batch belongs in it, and what became of its rows. It writes nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of a row."""

    RECORDED = "RECORDED"
    REPLAYED = "REPLAYED"
    REFUSED = "REFUSED"


class FieldAtFault(Protocol):
    """A field that breaks a rule."""

    @property
    def field(self) -> str:
        """Its path in the contract."""

    @property
    def rule(self) -> str:
        """The rule's name."""


class WhyRefused(Protocol):
    """Why a payment is refused, as RecordPayment would say it."""

    reason: str
    message: str
    message_zh: str

    @property
    def fields(self) -> Sequence[FieldAtFault]:
        """The fields at fault; none when a key is."""

    @property
    def metadata(self) -> Mapping[str, str]:
        """What a program needs of the words."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a row was not recorded, and what to do.

    `field` and `rule` name each field at fault, joined by commas. `payment_id` is the payment that holds the row's
    business key, if that is why.
    """

    reason: str
    field: str
    rule: str
    message: str
    message_zh: str
    cure: str
    cure_zh: str
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row that was refused, and where it stood."""

    batch_no: int
    row_no: int
    refusal: Refusal


@dataclass(frozen=True, slots=True)
class Results:
    """What became of a batch's rows: `payment_ids` has one for each row, empty where it was refused."""

    payment_ids: Sequence[str]
    replayed: frozenset[int]
    refused: Mapping[int, Refusal]

    @property
    def recorded_count(self) -> int:
        """The payments that are new."""
        return len(self.payment_ids) - len(self.replayed) - len(self.refused)


@dataclass(frozen=True, slots=True)
class Import:
    """An import: batches below `next_batch_no` are in. `total_row_count` is 0 when it was not told."""

    import_id: str
    next_batch_no: int
    total_row_count: int
    row_count: int
    recorded_count: int
    replayed_count: int
    refused_count: int
    create_time: datetime
    update_time: datetime

    @classmethod
    def begun(cls, import_id: str, total_row_count: int, now: datetime) -> "Import":
        """An import that has no batch yet."""
        return cls(import_id, 0, total_row_count, 0, 0, 0, 0, now, now)

    def with_results(self, results: Results, total_row_count: int, now: datetime) -> "Import":
        """The import after its next batch, with what the importer now says there is in all."""
        return replace(
            self,
            next_batch_no=self.next_batch_no + 1,
            total_row_count=total_row_count or self.total_row_count,
            row_count=self.row_count + len(results.payment_ids),
            recorded_count=self.recorded_count + results.recorded_count,
            replayed_count=self.replayed_count + len(results.replayed),
            refused_count=self.refused_count + len(results.refused),
            update_time=now,
        )


@dataclass(frozen=True, slots=True)
class IsNext:
    """The batch is the import's next."""


@dataclass(frozen=True, slots=True)
class IsIn:
    """The batch is in, as it came now; nothing changes."""


@dataclass(frozen=True, slots=True)
class IsAnother:
    """The batch of that number is in, and it was another."""


@dataclass(frozen=True, slots=True)
class IsAhead:
    """Batches are missing before it: `next_batch_no` is the first."""

    next_batch_no: int


def place(known: Import, batch_no: int, sha256: bytes, sha256_in: bytes | None) -> IsNext | IsIn | IsAnother | IsAhead:
    """Where a batch belongs. `sha256_in` is of the batch of that number that is in, if one is."""
    if batch_no > known.next_batch_no:
        return IsAhead(known.next_batch_no)
    if batch_no == known.next_batch_no:
        return IsNext()
    return IsIn() if sha256_in == sha256 else IsAnother()


def differing_fields(told: Mapping[str, object], kept: Mapping[str, object]) -> tuple[str, ...]:
    """The contract's names of the fields in which a row and the payment that holds its key differ; both by column."""
    names = dict.fromkeys(_FIELDS.get(name, name) for name in told if name in kept and told[name] != kept[name])
    return (*names, "splits") if kept.get("has_splits") else tuple(names)


def refusal_of(fault: WhyRefused) -> Refusal:
    """The refusal of a row for which RecordPayment would raise that fault."""
    cure, cure_zh = _CURES[fault.reason]
    return Refusal(
        reason=fault.reason,
        field=",".join(field.field for field in fault.fields) or fault.metadata.get("fields", ""),
        rule=",".join(field.rule for field in fault.fields),
        message=fault.message,
        message_zh=fault.message_zh,
        cure=cure,
        cure_zh=cure_zh,
        payment_id=fault.metadata.get("payment_id", ""),
    )


_FIELDS = {"currency_code": "amount", "amount_minor": "amount"}
_CURES = {
    "INVALID_FIELD": (
        "correct the fields and send the row again in a later batch",
        "请更正所列字段，并在后续批次中重新发送该行",
    ),
    "UNKNOWN_CURRENCY": (
        "use the ISO 4217 code of a currency that has a minor unit, and send the row again in a later batch",
        "请使用 ISO 4217 中有最小单位的币种代码，并在后续批次中重新发送该行",
    ),
    "BUSINESS_KEY_REUSED": (
        "if it is the same payment, nothing is to be done; if it is another, give it an order number of its own",
        "若为同一笔支付，无需处理；若为另一笔支付，请使用新的商户订单号",
    ),
    "PAYMENT_ARCHIVED": (
        "nothing is to be done: the order was recorded before what is kept online",
        "无需处理：该订单早已登记，其支付单已归档",
    ),
}
