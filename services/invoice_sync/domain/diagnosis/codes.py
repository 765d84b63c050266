"""What authorities' own codes and details say beyond the class of an answer, as data. It judges nothing.

Each TaxSystem maps its authority's codes to classes; the few here tell causes apart that share a class,
and what can be mended without a new document.
"""

from collections.abc import Mapping

# Statuses by which a caller is turned away, whatever the code.
FORBIDDEN = frozenset({401, 403})
PERMISSION_CODES = frozenset({"E9301", "E9302", "E9338"})
QUOTA_CODES = frozenset({"E9400"})
# A number that was given to us before stands on another document.
NUMBER_CODES = frozenset({"E9402"})
DATE_CODES = frozenset({"E4007"})
LATE_CODES = frozenset({"E4009"})
# What was asked for lies beyond what the query service keeps.
OUTSIDE_CODES = frozenset({"E4044"})
# What could not be read, told only where the refusal was given no class of its own.
FORM_CODES = frozenset({"E4000", "E4001", "E4002", "E4005", "E4006", "E4008", "E4130", "E4150", "E9105"})
# The authority's own word that it failed inside, with status 500.
FAULT_CODES_PREFIX = "E55"
PARTIAL_BATCH = "PARTIAL_BATCH"
SESSION_PREFIX = "SESSION_"

BY_DETAIL: Mapping[str, str] = {PARTIAL_BATCH: "B3", SESSION_PREFIX: "B4"}
BY_CODE: Mapping[str, str] = {
    **dict.fromkeys(PERMISSION_CODES, "C3"),
    **dict.fromkeys(QUOTA_CODES, "C4"),
    **dict.fromkeys(NUMBER_CODES, "D4"),
    **dict.fromkeys(DATE_CODES, "F1"),
    **dict.fromkeys(LATE_CODES, "F2"),
}


def outside_document(authority_code: str, http_status: int) -> bool:
    """Whether a refusal was for what stands outside the document, C3 or F2: the same bytes pass once that is mended."""
    return authority_code in PERMISSION_CODES | LATE_CODES or http_status in FORBIDDEN
