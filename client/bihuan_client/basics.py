"""Basics: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

# Every reason that `google.rpc.ErrorInfo.reason` can carry, without the prefix. The domain is always "bihuan".
ErrorReason: TypeAlias = Literal[
    # Never sent.
    "UNSPECIFIED",
    # A field breaks its rule; `BadRequest` names each one.
    "INVALID_FIELD",
    # The request has a field that the contract does not know, or is not valid JSON.
    "MALFORMED_REQUEST",
    # The currency is not in ISO 4217.
    "UNKNOWN_CURRENCY",
    # The call came without a deadline.
    "DEADLINE_REQUIRED",
    # The deadline passed before the work was done; whether it was done is unknown.
    "DEADLINE_EXCEEDED",
    # The request_id was used before for another request.
    "REQUEST_ID_REUSED",
    # The Idempotency-Key header and request_id are both given and differ.
    "REQUEST_ID_CONFLICT",
    # The business key exists with other content.
    "BUSINESS_KEY_REUSED",
    # Nothing by that id.
    "NOT_FOUND",
    # No API key, or one that is unknown, expired or revoked.
    "UNAUTHENTICATED",
    # The caller may not do this.
    "PERMISSION_DENIED",
    # More is in flight than the server takes; try again later.
    "OVERLOADED",
    # A part of the system that is needed does not answer; try again with the same request_id.
    "UNAVAILABLE",
    # A fault of ours; the trace id finds it.
    "INTERNAL",
    # The statement file is refused; metadata has code, line, column, value, rule and cure of the first error,
    # error_count, and as errors the first 20 of them as JSON.
    "STATEMENT_REFUSED",
    # The same statement file is loaded already; metadata names it.
    "DUPLICATE_FILE",
    # The mirror of the payments is incomplete; the run would report false exceptions.
    "MIRROR_GAP",
    # A run for the same channel and day is under way.
    "RUN_IN_PROGRESS",
    # The payment has not succeeded, or has nothing left to invoice.
    "NOT_INVOICEABLE",
    # The page token was not made by this list, or for another filter.
    "INVALID_PAGE_TOKEN",
    # The body is larger than the limit; metadata has limit_bytes.
    "TOO_LARGE",
    # No such route, or the route does not take this HTTP method.
    "UNKNOWN_ROUTE",
    # The invoice was neither refused nor broken, so there is nothing to correct.
    "NOT_CORRECTABLE",
    # No such route to an authority; ListGates tells them.
    "UNKNOWN_GATE",
    # Less of the payment is left than is to go back; metadata has refundable_minor and currency_code.
    "REFUND_EXCEEDS",
    # The payment has not succeeded, so nothing can go back; metadata has its state.
    "NOT_REFUNDABLE",
    # The merchant has no account at that channel here; metadata has channel and merchant_id.
    "CHANNEL_NOT_CONFIGURED",
    # Something was paid for the bill, so it cannot be cancelled.
    "BILL_NOT_CANCELLABLE",
    # The duplicate payment is no open case any more; metadata tells how it was closed.
    "DUPLICATE_CLOSED",
    # The order was recorded long ago, and its payment has been archived; metadata has payment_id. Nothing was
    # stored.
    "PAYMENT_ARCHIVED",
    # The file has lines that an earlier statement of the account has; metadata has line and statement_id.
    "OVERLAPPING_FILE",
    # The upload does not go on where it broke off; metadata has received_bytes.
    "UPLOAD_OFFSET",
    # A filter finds another number of rows than the caller had seen, so none was changed; metadata has
    # found_count.
    "COUNT_DIFFERS",
    # A rule set has faults; metadata has fault_count and, as faults, the first of them as JSON, each with rule,
    # field, said and cure in both languages. CheckRuleSet tells all of them.
    "RULE_SET_REFUSED",
    # The version of the set is there already, or is not the next one; metadata has next_version.
    "RULE_SET_VERSION",
    # A version of exactly this content is there already; metadata names it.
    "DUPLICATE_RULE_SET",
    # The version is not in the state that this needs; metadata has its state.
    "RULE_SET_STATE",
    # Who made it cannot do this too; metadata has created_by.
    "SECOND_PERSON_REQUIRED",
    # There is no such report of exactly this version against the one that it replaces; make one.
    "REGRESSION_REQUIRED",
    # By the report the version would post what is wrong; metadata has wrong_auto_posts.
    "WRONG_AUTO_POSTS",
    # A report of the version has not ended; metadata has regression_id.
    "REGRESSION_IN_PROGRESS",
    # A later version has the day already, or the version is not for that day; metadata has the first possible
    # one.
    "EFFECTIVE_DATE_PASSED",
    # No other version would decide the days of this one.
    "LAST_RULE_SET",
    # The key has a successor, was revoked or has expired; metadata has successor_key_id.
    "KEY_NOT_ROTATABLE",
    # The audit cannot be written, so nothing was done; try again with the same request_id.
    "AUDIT_UNAVAILABLE",
    # The audit of the call was not written, so its answer is withheld; whether it was done is unknown.
    "AUDIT_NOT_WRITTEN",
    # The caller made more calls than it may; Retry-After says when to come again.
    "RATE_LIMITED",
    # The key or the address is suspended for a while after a run of guessing or injection attempts.
    "SUSPENDED",
    # It changed since the version that the caller saw; metadata has current_version where it is known. Nothing
    # was done.
    "VERSION_MISMATCH",
    # This gateway has no key to keep secrets of webhooks with, so it sends none.
    "WEBHOOKS_OFF",
    # The endpoint of the webhook is disabled, so nothing is sent there: enable it first.
    "WEBHOOK_DISABLED",
    # The receipt is not of this package, not whole, or cannot be read, so nothing changed; metadata has rule.
    "RECEIPT_REFUSED",
    # What is in the books, being sent, or ended already is not abandoned; metadata has its state.
    "NOT_ABANDONABLE",
    # The invoice file is not read: metadata has rule, such as PAGES or XML_ENTITY, and cure in both languages.
    "FILE_REFUSED",
    # Nothing that names an invoice was found in the file.
    "NOTHING_RECOGNIZED",
    # The file of a bulk request is no plain table; metadata has code, row, column, value, rule and cure in both
    # languages.
    "BULK_FILE_REFUSED",
    # The bulk request is not held any more; metadata has its state.
    "NOT_HELD",
    # Somebody has decided the confirmation before; metadata has its state.
    "CONFIRMATION_DECIDED",
    # No mail relay is set, so nothing is sent by mail.
    "MAIL_OFF",
    # The message is no delivery report about a mail of ours.
    "NOT_A_REPORT",
    # The link is none of ours, or has expired.
    "LINK_REFUSED",
    # No public address or no key for links is set, so there are none.
    "LINKS_OFF",
    # The invoice cannot be taken back so; metadata has cause: NOT_BLUE, NOT_IN_BOOKS, ACTIVE or EXCEEDS.
    "RED_NOT_POSSIBLE",
    # The seller cannot do that with the red letter now; metadata has its state.
    "RED_LETTER_STATE",
    # The application is not in the state that this needs; metadata has its state.
    "APPLICATION_STATE",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """An exact amount of money. There is no float anywhere in these contracts."""

    currency_code: str = ""
    """ISO 4217 alphabetic code in upper case, such as CNY. A code that ISO 4217 does not list is refused."""

    amount_minor: int = 0
    """Signed amount in the currency's minor unit: fen for CNY, yen for JPY. JSON carries it as a string."""
