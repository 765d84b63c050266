"""Every class of cluster: how often it is planted, what makes it, and what the truth says of it. It makes nothing."""

from collections.abc import Callable
from dataclasses import dataclass

from accuracy.matching import plants_alike as alike
from accuracy.matching import plants_groups as groups
from accuracy.matching import plants_refunds as refunds
from accuracy.matching import plants_single as single
from accuracy.matching.plants_single import Both
from accuracy.matching.rows import Draw


@dataclass(frozen=True, slots=True)
class Plant:
    """One class; its shares are percent of all clusters, in the realistic and in the stress profile."""

    name: str
    realistic: float
    stress: float
    build: Callable[[Draw, int, int], Both]  # from how many and the skew in seconds
    must: str = ""
    decoy_of: str = ""
    identified: bool = True
    ambiguous: bool = False
    twin: bool = False
    postable: bool = True

    def percent(self, profile: str) -> float:
        """Its share in this profile."""
        return self.realistic if profile == "realistic" else self.stress


def _wrong(name: str, realistic: float, stress: float, build: Callable[[Draw, int, int], Both]) -> Plant:
    """A class whose pairs may be told, and never be posted."""
    return Plant(name, realistic, stress, build, postable=False)


def _harmless(name: str, realistic: float, stress: float, build: Callable[[Draw, int, int], Both], looks: str) -> Plant:
    return Plant(name, realistic, stress, build, decoy_of=looks)


def _doubt(name: str, realistic: float, stress: float, build: Callable[[Draw, int, int], Both]) -> Plant:
    return Plant(name, realistic, stress, build, identified=False, ambiguous=True, postable=False)


CLEAN = Plant("CLEAN", 0, 0, single.clean)  # all that the others leave

PLANTS = (
    CLEAN,
    Plant("CLEAN_SMALL_BANK", 0.1, 0.3, single.clean_of_small_bank),
    _wrong("CHANNEL_ONLY", 0.02, 1.0, single.channel_only),
    _wrong("PLATFORM_ONLY", 0.02, 1.0, single.platform_only),
    _wrong("STATUS_CHANNEL_SUCCESS", 0.015, 0.5, single.status_channel_success),
    _wrong("STATUS_PLATFORM_SUCCESS", 0.015, 0.5, single.status_platform_success),
    _wrong("AMOUNT_CHANNEL_OVER", 0.005, 0.5, single.amount_over),
    _wrong("AMOUNT_CHANNEL_SHORT", 0.005, 0.5, single.amount_short),
    _wrong("CURRENCY_MISMATCH", 0.005, 0.3, single.currency),
    _wrong("FEE_MISMATCH", 0.025, 0.5, single.fee_mismatch),
    _wrong("FEE_MISSING", 0.025, 0.5, single.fee_missing),
    Plant("DUPLICATE_PAYMENT", 0.01, 0.4, groups.paid_twice, must="DUPLICATE_PAYMENT", postable=False),
    Plant("DUPLICATE_CHARGE", 0.01, 0.4, groups.charged_twice, must="DUPLICATE_PAYMENT", postable=False),
    Plant("DUPLICATE_LINE", 0.003, 0.15, single.duplicate_line, must="DUPLICATE_LINE|DUPLICATE_FILE", twin=True),
    Plant("DUPLICATE_LINE_NEXT_DAY", 0.002, 0.1, single.repeated_next_day, must="DUPLICATE_LINE|DUPLICATE_FILE"),
    Plant("DUPLICATE_BOOKING", 0.002, 0.15, single.duplicate_booking, must="DUPLICATE_BOOKING", postable=False),
    Plant("CROSS_DAY", 0.1, 1.0, single.cross_day),
    Plant("LATE_ITEM", 0.02, 0.3, single.late_item),
    _wrong("WAITS_FOR_NEXT_FILE", 0.02, 0.2, single.waits_for_next_file),
    _wrong("STATEMENT_MISSING", 0.05, 0.3, single.statement_missing),
    Plant("SPLIT", 0.05, 0.4, groups.split_with_reference),
    _wrong("SPLIT_INCOMPLETE", 0.005, 0.2, groups.split_incomplete),
    Plant("SPLIT_NO_REFERENCE", 0.05, 0.4, groups.split_without_reference, identified=False),
    Plant("MERGED_BATCH", 0.025, 0.2, groups.merged_by_batch),
    _wrong("BATCH_OFF", 0.003, 0.1, groups.batch_off),
    Plant("MERGED_BILL", 0.025, 0.2, groups.merged_by_bill),
    Plant("MERGED_NO_KEY", 0.05, 0.4, groups.merged_without_key, identified=False),
    Plant("REFERENCE_FORM", 0.02, 0.7, single.reference_form),
    Plant("REFERENCE_DAMAGED", 0.02, 0.8, single.reference_damaged, identified=False),
    Plant("REFERENCE_OF_ANOTHER", 0.005, 0.2, single.reference_of_another, identified=False),
    Plant("REFERENCE_EMPTY", 0.01, 0.5, single.reference_empty, identified=False),
    Plant("REFUND", 2.0, 3.0, refunds.refund_ok),
    _wrong("REFUND_PLATFORM_ONLY", 0.005, 0.2, refunds.refund_platform_only),
    _wrong("REFUND_CHANNEL_ONLY", 0.005, 0.2, refunds.refund_channel_only),
    _wrong("REFUND_AMOUNT_MISMATCH", 0.005, 0.2, refunds.refund_amount),
    _wrong("REFUND_STATUS_SNAPSHOT", 0.003, 0.1, refunds.refund_snapshot),
    Plant("REFUND_EXCEEDS_PAYMENT", 0.002, 0.1, refunds.refund_exceeds, must="REFUND_EXCEEDS_PAYMENT", postable=False),
    Plant("CHARGEBACK", 0.01, 0.2, refunds.charged_back, postable=False),
    Plant("REVERSAL", 0.01, 0.2, refunds.reversed_at_channel, postable=False),
    _harmless("TWINS", 0.2, 1.0, alike.twins, "DUPLICATE_PAYMENT"),
    _harmless("REFUND_LIKE_A_PAYMENT", 0.1, 0.5, alike.refund_like_a_payment, "REFUND"),
    _harmless("PARTS_LIKE_A_THIRD", 0.1, 0.3, alike.parts_like_a_third, "SPLIT"),
    _harmless("IDENTICAL_ROWS", 0.05, 0.2, alike.identical_rows, "DUPLICATE_LINE"),
    _harmless("INSTALMENTS", 0.05, 0.2, alike.instalments, "DUPLICATE_PAYMENT"),
    _harmless("PAID_AT_SECOND_TRY", 0.3, 0.3, alike.paid_at_the_second_try, "DUPLICATE_PAYMENT"),
    _harmless("NEVER_PAID", 0.5, 0.5, single.never_paid, "PLATFORM_ONLY"),
    _doubt("AMBIGUOUS_TWO_PAYMENTS", 0.003, 0.06, alike.two_payments_one_line),
    _doubt("AMBIGUOUS_TWO_LINES", 0.003, 0.06, alike.one_payment_two_lines),
    _doubt("AMBIGUOUS_PAIRS", 0.002, 0.04, alike.two_payments_two_lines),
    _doubt("AMBIGUOUS_SUMS", 0.002, 0.04, alike.two_sums_one_line),
)


def shares(profile: str) -> list[float]:
    """Of each plant, in their order; together 1."""
    planted = [plant.percent(profile) / 100 for plant in PLANTS[1:]]
    return [1 - sum(planted), *planted]
