"""What keeps calls back: each route's gate, holds, and the probes of its interface."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB

from services.invoice_sync.tables.base import KEY, METADATA, MOMENT

# Questions that are about no invoice's fate: is the interface up, and does it find what is surely there?
probe = Table(
    "probe",
    METADATA,
    Column("probe_id", KEY, primary_key=True),
    Column("route", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reference", KEY, nullable=False),
    Column("start_time", MOMENT, nullable=False),
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
    Column("last_claim_time", MOMENT),
)

hold = Table(
    "hold",
    METADATA,
    Column("hold_id", KEY, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("route", Text, nullable=False),
    Column("seller_tax_id", KEY, nullable=False),
    Column("reason", Text, nullable=False),
    Column("reason_zh", Text, nullable=False),
    Column("start_time", MOMENT, nullable=False),
    Column("end_time", MOMENT),
    Column("set_by", Text, nullable=False),
    Column("request_id", KEY, unique=True),
    Column("lift_time", MOMENT),
    Index("hold_open_idx", "route", "kind", "seller_tax_id", postgresql_where=text("lift_time IS NULL")),
)
