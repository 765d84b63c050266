"""The tables of invoice_sync, as its newest migration leaves them. No statement stands here; those are in store/.

What is written most (outbox, attempt_whole, document, body) has no foreign keys: each would be one more look-up
for each row. The actions write parent and child in one transaction, and the sweep finds what stands alone.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from chassis import database

METADATA = database.metadata()
_MOMENT = DateTime(timezone=True)
# What is looked up and put in order: by code point, as Python does it, and not by the rules of some language.
_KEY = Text(collation="C")

# Each payment that the feed told of, and whether it has its invoice.
payment_follow = Table(
    "payment_follow",
    METADATA,
    Column("payment_id", _KEY, primary_key=True),
    Column("merchant_id", _KEY, nullable=False),
    Column("merchant_order_no", Text, nullable=False, index=True),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("state", Text, nullable=False),
    Column("reconciliation_state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("invoice_id", _KEY),
    Column("create_time", _MOMENT, nullable=False),
    Column("update_time", _MOMENT, nullable=False),
    # What the sweep reads: only the payments whose money is there and whose invoice is not.
    Index(
        "payment_follow_open_idx",
        "merchant_id",
        "payment_id",
        postgresql_where=text("invoice_id IS NULL AND state = 'SUCCEEDED'"),
    ),
)

merchant_profile = Table(
    "merchant_profile",
    METADATA,
    Column("merchant_id", _KEY, primary_key=True),
    Column("issue_policy", Text, nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", _KEY, nullable=False),
    Column("update_time", _MOMENT, nullable=False),
)

# What an invoice is, and never where it stands. A trigger refuses every change but a next version of its document.
invoice = Table(
    "invoice",
    METADATA,
    Column("invoice_id", _KEY, primary_key=True),
    Column("payment_id", _KEY, nullable=False, unique=True),
    Column("merchant_id", _KEY, nullable=False),
    Column("merchant_order_no", Text, nullable=False, index=True),
    Column("currency_code", Text, nullable=False),
    Column("amount_minor", BigInteger, CheckConstraint("amount_minor > 0", name="amount"), nullable=False),
    Column("seller_name", Text, nullable=False),
    Column("seller_tax_id", _KEY, nullable=False),
    Column("buyer_title", Text, nullable=False),
    Column("buyer_tax_id", _KEY, nullable=False),
    Column("authority", Text, nullable=False),
    Column("environment", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("credential_id", _KEY, nullable=False),
    Column("issue_date", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("document_sha256", _KEY, CheckConstraint("length(document_sha256) = 64", name="sha256"), nullable=False),
    Column("idempotency_key", _KEY, nullable=False, unique=True),
    # The rules of ours that this version breaks; empty for one that may be sent.
    Column("broken_rules", JSONB, nullable=False),
    Column("create_time", _MOMENT, nullable=False),
    Column("traceparent", Text, nullable=False),
    Column("payment_traceparent", Text, nullable=False),
    Column("issued_by", Text, nullable=False),
    Index("invoice_merchant_id_invoice_id_idx", "merchant_id", "invoice_id"),
    Index("invoice_seller_tax_id_issue_date_idx", "seller_tax_id", "issue_date"),
    Index("invoice_buyer_tax_id_invoice_id_idx", "buyer_tax_id", "invoice_id"),
    Index("invoice_buyer_title_idx", "buyer_title", "invoice_id", postgresql_where=text("buyer_title <> '个人'")),
)

# Every version that was ever frozen; its bytes stand sealed in body under their SHA-256.
document = Table(
    "document",
    METADATA,
    Column("invoice_id", _KEY, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("sha256", _KEY, nullable=False),
    Column("idempotency_key", _KEY, nullable=False),
    Column("create_time", _MOMENT, nullable=False),
)

# Bytes that were sent or received, once however often they came; see chassis.crypto for how they are sealed.
body = Table(
    "body",
    METADATA,
    Column("sha256", _KEY, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)


def _standing() -> list[Column[Any]]:
    """Where an invoice stands: the same columns while something is due and after."""
    return [
        Column("invoice_id", _KEY, primary_key=True),
        Column("version", Integer, nullable=False),
        Column("sync_state", _KEY, nullable=False),
        Column("deadline_at", _MOMENT, nullable=False),
        Column("tries", Integer, nullable=False),
        Column("submit_count", Integer, nullable=False),
        Column("attempt_count", Integer, nullable=False),
        Column("look_count", Integer, nullable=False),
        Column("seal_count", Integer, nullable=False),
        Column("invoice_number", _KEY, nullable=False),
        Column("red_number", _KEY, nullable=False),
        Column("ack_time", _MOMENT),
        Column("book_time", _MOMENT),
        Column("confirm_time", _MOMENT),
        Column("settle_from", _MOMENT, nullable=False),
        Column("state_time", _MOMENT, nullable=False),
        Column("create_time", _MOMENT, nullable=False),
        Column("parked_reason", _KEY, nullable=False),
        Column("log_head", Text, nullable=False),
    ]


# The working set: a row for each invoice that something is due for, and only for those. No index holds the lease, so
# that a claim changes no index. A row in a lane that begins with ! is in a hurry.
outbox = Table(
    "outbox",
    METADATA,
    *_standing(),
    Column("work", _KEY, nullable=False),
    Column("due_at", _MOMENT, nullable=False),
    Column("lane", _KEY, nullable=False),
    Column("lease_id", _KEY, nullable=False),
    Index("outbox_due_idx", "work", "lane", "due_at", postgresql_where=text("parked_reason = ''")),
    Index(
        "outbox_deadline_idx",
        "deadline_at",
        postgresql_where=text("work = 'SUBMIT' AND parked_reason = '' AND left(lane, 1) <> '!'"),
    ),
    Index("outbox_not_booked_idx", "invoice_id", postgresql_where=text("work <> 'CONFIRM'")),
    Index("outbox_invoice_number_idx", "invoice_number", postgresql_where=text("invoice_number <> ''")),
    Index("outbox_parked_idx", "lane", postgresql_where=text("parked_reason <> ''")),
)

# Where an invoice stands for which nothing is due; check_at is when a sample of these is read again.
settled = Table(
    "settled",
    METADATA,
    *_standing(),
    Column("check_at", _MOMENT),
    Index("settled_check_at_idx", "check_at", postgresql_where=text("check_at IS NOT NULL")),
    Index("settled_sync_state_invoice_id_idx", "sync_state", "invoice_id"),
    Index("settled_invoice_number_idx", "invoice_number", postgresql_where=text("invoice_number <> ''")),
)

# A view over both, so no part of what the migrations are compared with.
standing = Table(
    "standing",
    MetaData(),
    *_standing(),
    Column("work", _KEY),
    Column("due_at", _MOMENT),
    Column("lane", _KEY),
    Column("lease_id", _KEY),
    Column("check_at", _MOMENT),
)

lease = Table(
    "lease",
    METADATA,
    Column("lease_id", _KEY, primary_key=True),
    Column("until", _MOMENT, nullable=False),
    Column("invoice_ids", ARRAY(Text), nullable=False),
)


def _begun() -> list[Column[Any]]:
    """The beginning of an attempt."""
    return [
        Column("invoice_id", _KEY, primary_key=True),
        Column("attempt_no", Integer, primary_key=True),
        Column("attempt_id", _KEY, nullable=False),
        Column("version", Integer, nullable=False),
        Column("operation", Text, nullable=False),
        Column("route", Text, nullable=False),
        Column("start_time", _MOMENT, nullable=False),
        Column("request_sha256", _KEY, nullable=False),
        Column("trace_id", _KEY, nullable=False),
        Column("breaker_state", Text, nullable=False),
        Column("prev_log_hash", Text, nullable=False),
        Column("log_hash", Text, nullable=False),
    ]


def _ended() -> list[Column[Any]]:
    """What came of an attempt."""
    return [
        Column("end_time", _MOMENT, nullable=False),
        Column("first_byte_time", _MOMENT),
        Column("clock_offset_ms", BigInteger, nullable=False),
        Column("outcome", Text, nullable=False),
        Column("message", Text, nullable=False),
        Column("http_status", Integer, nullable=False),
        Column("authority_code", Text, nullable=False),
        Column("code_detail", Text, nullable=False),
        Column("url_path", Text, nullable=False),
        Column("place", Text, nullable=False),
        Column("invoice_number", _KEY, nullable=False),
        Column("red_number", _KEY, nullable=False),
        Column("ack_time", _MOMENT),
        Column("book_time", _MOMENT),
        Column("document_sha256", _KEY, nullable=False),
        Column("response_sha256", _KEY, nullable=False),
        Column("retry_after_seconds", Integer, nullable=False),
    ]


def _newest(table: str) -> Index:
    return Index(
        f"{table}_start_time_idx", "start_time", postgresql_using="brin", postgresql_with={"autosummarize": "true"}
    )


def _trouble(table: str) -> Index:
    """What people search for; the calls that went as they should are in none of its pages."""
    went_wrong = text("outcome NOT IN ('OK', 'ACCEPTED', 'NOT_YET', 'NOT_FOUND')")
    return Index(f"{table}_trouble_idx", "outcome", "end_time", postgresql_where=went_wrong)


# The log, append only: a submit in one row with its end. Of what is begun apart (questions, and submits whose worker
# did not come back), the beginning is in attempt_begun and the end in attempt_ended.
attempt_whole = Table(
    "attempt_whole",
    METADATA,
    *_begun(),
    *_ended(),
    Column("end_log_hash", Text, nullable=False),
    UniqueConstraint("attempt_id"),
    _newest("attempt_whole"),
    _trouble("attempt_whole"),
)
attempt_begun = Table("attempt_begun", METADATA, *_begun(), UniqueConstraint("attempt_id"), _newest("attempt_begun"))
attempt_ended = Table(
    "attempt_ended",
    METADATA,
    Column("invoice_id", _KEY, primary_key=True),
    Column("attempt_no", Integer, primary_key=True),
    *_ended(),
    Column("log_hash", Text, nullable=False),
    _trouble("attempt_ended"),
)

# The submits that were begun with one claim, all in one row that is there before the first byte leaves: a line for
# each, the text whose SHA-256 is its log_hash. It goes when each of them is in the log.
attempt_batch = Table(
    "attempt_batch",
    METADATA,
    Column("batch_id", _KEY, primary_key=True),
    Column("lease_id", _KEY, nullable=False, index=True),
    Column("begun", Text, nullable=False),
)

# Views: every beginning, those under way among them, and every end. These are what is read.
attempt = Table("attempt", MetaData(), *_begun())
attempt_end = Table(
    "attempt_end",
    MetaData(),
    Column("invoice_id", _KEY, primary_key=True),
    Column("attempt_no", Integer, primary_key=True),
    *_ended(),
    Column("log_hash", Text, nullable=False),
)

# The proof of absence, a row for each round of negative answers that counts, with the rows that it rests on.
absence_round = Table(
    "absence_round",
    METADATA,
    Column("round_id", _KEY, primary_key=True),
    Column("invoice_id", _KEY, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("round_time", _MOMENT, nullable=False),
    Column("by_key_attempt_id", _KEY, nullable=False),
    Column("by_number_attempt_id", _KEY),
    Column("window_attempt_id", _KEY),
    Column("elsewhere_attempt_id", _KEY),
    Column("canary", Text, nullable=False),
    Column("canary_probe_id", _KEY),
    Column("watermark", _MOMENT),
    Index("absence_round_invoice_id_round_time_idx", "invoice_id", "round_time"),
)

# Questions that are about no invoice's fate: is the interface up, and does it find what is surely there?
probe = Table(
    "probe",
    METADATA,
    Column("probe_id", _KEY, primary_key=True),
    Column("route", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", _KEY, nullable=False),
    Column("start_time", _MOMENT, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("http_status", Integer, nullable=False),
    Column("authority_code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("clock_offset_ms", BigInteger, nullable=False),
    Index("probe_route_probe_id_idx", "route", "probe_id"),
    Index("probe_route_kind_probe_id_idx", "route", "kind", "probe_id"),
)

# The rate budget and the breaker of a route, for all replicas together; see domain/rate_budget and domain/breaker.
gate = Table(
    "gate",
    METADATA,
    Column("route", Text, primary_key=True),
    Column("budget", JSONB, nullable=False),
    Column("breaker", JSONB, nullable=False),
    Column("last_claim_time", _MOMENT),
)

hold = Table(
    "hold",
    METADATA,
    Column("hold_id", _KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("seller_tax_id", _KEY, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("start_time", _MOMENT, nullable=False),
    Column("end_time", _MOMENT),
    Column("set_by", Text, nullable=False),
    Column("request_id", _KEY, unique=True),
    Column("lift_time", _MOMENT),
    Index("hold_open_idx", "route", "kind", "seller_tax_id", postgresql_where=text("lift_time IS NULL")),
)

# A seal upon the heads of the invoices' logs that changed since the one before; see domain/log_chain.
log_anchor = Table(
    "log_anchor",
    METADATA,
    Column("anchor_no", BigInteger, primary_key=True, autoincrement=False),
    Column("anchor_time", _MOMENT, nullable=False),
    Column("through_attempt_id", _KEY, nullable=False),
    Column("prev_anchor_hash", Text, nullable=False),
    Column("anchor_hash", Text, nullable=False),
    Column("invoice_ids", ARRAY(Text), nullable=False),
    Column("heads", ARRAY(Text), nullable=False),
    Index("log_anchor_invoice_ids_idx", "invoice_ids", postgresql_using="gin"),
)

# What a person should see: totals that differ, records that are not ours, what went missing after it was there.
finding_case = Table(
    "finding_case",
    METADATA,
    Column("case_id", _KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("invoice_id", _KEY, nullable=False),
    Column("seller_tax_id", _KEY, nullable=False),
    Column("issue_date", Text, nullable=False),
    Column("reference", _KEY, nullable=False),
    Column("fact", Text, nullable=False),
    Column("fact_zh", Text, nullable=False),
    Column("open_time", _MOMENT, nullable=False),
    Column("close_time", _MOMENT),
    Index(
        "finding_case_open_key",
        "kind",
        "invoice_id",
        "seller_tax_id",
        "issue_date",
        "reference",
        unique=True,
        postgresql_where=text("close_time IS NULL"),
    ),
)

# What of a seller's day stands in the books by our knowledge, moved in the transaction that moves an invoice in or out.
# count_time is when it was last counted out of the invoices themselves, which a difference asks for.
day_total = Table(
    "day_total",
    METADATA,
    Column("seller_tax_id", _KEY, primary_key=True),
    Column("issue_date", Date, primary_key=True),
    Column("blue_count", Integer, nullable=False),
    Column("blue_minor", BigInteger, nullable=False),
    Column("count_time", _MOMENT),
)

sweep = Table(
    "sweep",
    METADATA,
    Column("sweep_id", _KEY, primary_key=True),
    Column("start_time", _MOMENT, nullable=False),
    Column("end_time", _MOMENT, nullable=False),
    # What each pass counted, by name; the names are those of domain/sweep.
    Column("counts", JSONB, nullable=False),
    Column("oldest_time", _MOMENT),
)

# How far a pass that goes round has come: an id, a time or a page, as the pass itself writes it.
sweep_cursor = Table(
    "sweep_cursor",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("position", Text, nullable=False),
    Column("update_time", _MOMENT, nullable=False),
)

leader = Table(
    "leader",
    METADATA,
    Column("name", Text, primary_key=True),
    Column("holder", Text, nullable=False),
    Column("until", _MOMENT, nullable=False),
)

feed_cursor = Table(
    "feed_cursor",
    METADATA,
    Column("feed", Text, primary_key=True),
    Column("next_sequence", BigInteger, nullable=False),
)

# What each request_id stood for, written in the transaction of its effect.
request = Table(
    "request",
    METADATA,
    Column("request_id", _KEY, primary_key=True),
    Column("fingerprint", Text, nullable=False),
    Column("invoice_id", _KEY, ForeignKey("invoice.invoice_id"), nullable=False),
    Column("create_time", _MOMENT, nullable=False),
)

# Numbers in a row that the authority gives a seller beforehand. The row is there, ASKED, before they are asked for; its
# id is the key of the call, so that a lost answer is given again. OPEN while some are left, USED_UP then.
number_range = Table(
    "number_range",
    METADATA,
    Column("range_id", _KEY, primary_key=True),
    Column("route", Text, nullable=False),
    Column("seller_tax_id", _KEY, nullable=False),
    Column("state", Text, CheckConstraint("state IN ('ASKED', 'OPEN', 'USED_UP')", name="state"), nullable=False),
    Column("count", Integer, nullable=False),
    Column("first_number", _KEY, nullable=False),
    Column("last_number", _KEY, nullable=False),
    Column("used_count", Integer, CheckConstraint("used_count BETWEEN 0 AND count", name="used"), nullable=False),
    Column("create_time", _MOMENT, nullable=False),
    Column("ask_at", _MOMENT, nullable=False),
    Column("ask_count", Integer, nullable=False),
    # What the last call brought when it brought no numbers, for people.
    Column("said", Text, nullable=False),
    Index("number_range_asked_key", "route", "seller_tax_id", unique=True, postgresql_where=text("state = 'ASKED'")),
    Index("number_range_ask_at_idx", "ask_at", postgresql_where=text("state = 'ASKED'")),
    Index("number_range_open_idx", "route", "seller_tax_id", "first_number", postgresql_where=text("state = 'OPEN'")),
)

# Which invoice bears which number; that one is used twice is impossible here.
number_use = Table(
    "number_use",
    METADATA,
    Column("number", _KEY, primary_key=True),
    Column("range_id", _KEY, ForeignKey("number_range.range_id"), nullable=False),
    Column("invoice_id", _KEY, nullable=False),
    Column("take_time", _MOMENT, nullable=False),
    # When someone outside was first told the number, with or without an upload.
    Column("handed_over_time", _MOMENT),
    Index("number_use_invoice_id_take_time_idx", "invoice_id", "take_time"),
)

# Invoices that wait for a number, until the numbers come.
number_wanted = Table(
    "number_wanted",
    METADATA,
    Column("invoice_id", _KEY, primary_key=True),
    Column("route", Text, nullable=False),
    Column("seller_tax_id", _KEY, nullable=False),
    Column("create_time", _MOMENT, nullable=False),
    Index("number_wanted_create_time_idx", "create_time"),
)
