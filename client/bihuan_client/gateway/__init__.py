"""gateway: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from .api_key import ApiKey as ApiKey
from .api_key_service import ApiKeyService, AsyncApiKeyService
from .api_key_service import CreateApiKeyResponse as CreateApiKeyResponse
from .api_key_service import ListApiKeysResponse as ListApiKeysResponse
from .api_key_service import RevokeApiKeyResponse as RevokeApiKeyResponse
from .api_key_service import RotateApiKeyResponse as RotateApiKeyResponse
from .audit_record import AuditRecord as AuditRecord
from .audit_service import AsyncAuditService, AuditService
from .audit_service import ListAuditRecordsResponse as ListAuditRecordsResponse
from .audit_service import VerifyAuditResponse as VerifyAuditResponse
from .security_service import AsyncSecurityService, SecurityService
from .security_service import LiftSuspensionResponse as LiftSuspensionResponse
from .security_service import ListRateLimitsResponse as ListRateLimitsResponse
from .security_service import ListSecurityAlertsResponse as ListSecurityAlertsResponse
from .security_service import MethodClass as MethodClass
from .security_service import RateLimit as RateLimit
from .security_service import SecurityAlert as SecurityAlert
from .security_service import SetRateLimitResponse as SetRateLimitResponse
from .system_service import AsyncSystemService, SystemService
from .system_service import GetSystemResponse as GetSystemResponse
from .system_service import ServiceHealth as ServiceHealth
from .webhook import WebhookAttempt as WebhookAttempt
from .webhook import WebhookDelivery as WebhookDelivery
from .webhook import WebhookDeliveryState as WebhookDeliveryState
from .webhook import WebhookEndpoint as WebhookEndpoint
from .webhook import WebhookEndpointState as WebhookEndpointState
from .webhook_event import ExceptionEvent as ExceptionEvent
from .webhook_event import ExceptionEventData as ExceptionEventData
from .webhook_event import InvoiceEvent as InvoiceEvent
from .webhook_event import InvoiceEventData as InvoiceEventData
from .webhook_event import PaymentEvent as PaymentEvent
from .webhook_event import PaymentEventData as PaymentEventData
from .webhook_event import TestEvent as TestEvent
from .webhook_event import TestEventData as TestEventData
from .webhook_service import AsyncWebhookService, WebhookService
from .webhook_service import CreateWebhookEndpointResponse as CreateWebhookEndpointResponse
from .webhook_service import DeleteWebhookEndpointResponse as DeleteWebhookEndpointResponse
from .webhook_service import GetWebhookDeliveryResponse as GetWebhookDeliveryResponse
from .webhook_service import GetWebhookEndpointResponse as GetWebhookEndpointResponse
from .webhook_service import ListWebhookDeliveriesResponse as ListWebhookDeliveriesResponse
from .webhook_service import ListWebhookEndpointsResponse as ListWebhookEndpointsResponse
from .webhook_service import ReplayWebhookDeliveryResponse as ReplayWebhookDeliveryResponse
from .webhook_service import ReplayWebhookEventsResponse as ReplayWebhookEventsResponse
from .webhook_service import RotateWebhookSecretResponse as RotateWebhookSecretResponse
from .webhook_service import TestWebhookEndpointResponse as TestWebhookEndpointResponse
from .webhook_service import UpdateWebhookEndpointResponse as UpdateWebhookEndpointResponse


class Gateway(ApiKeyService, AuditService, SecurityService, SystemService, WebhookService):
    """The calls of gateway, blocking. Each raises Refused or NoAnswer."""


class AsyncGateway(
    AsyncApiKeyService, AsyncAuditService, AsyncSecurityService, AsyncSystemService, AsyncWebhookService
):
    """The calls of gateway, for asyncio. Each raises Refused or NoAnswer."""
