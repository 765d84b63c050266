"""The tables of the gateway, as its newest migration leaves them. No statement stands here; those are in store/."""

from services.gateway.tables.api_key import ApiKeyRow
from services.gateway.tables.audit import AuditLinkRow, AuditRecordRow, AuditSealRow, AuditUnlinkedRow
from services.gateway.tables.base import METADATA
from services.gateway.tables.brakes import RateBucketRow, RateOverrideRow, SuspensionRow
from services.gateway.tables.webhook import (
    WebhookAttemptRow,
    WebhookCursorRow,
    WebhookDeliveryRow,
    WebhookEndpointRow,
    WebhookEventRow,
)

__all__ = [
    "METADATA",
    "ApiKeyRow",
    "AuditLinkRow",
    "AuditRecordRow",
    "AuditSealRow",
    "AuditUnlinkedRow",
    "RateBucketRow",
    "RateOverrideRow",
    "SuspensionRow",
    "WebhookAttemptRow",
    "WebhookCursorRow",
    "WebhookDeliveryRow",
    "WebhookEndpointRow",
    "WebhookEventRow",
]
