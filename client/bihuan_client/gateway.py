"""gateway: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, TypeAlias

from .basics import Money
from .calls import Operation
from .paging import async_pages, pages
from .transport import AsyncTransport, Transport

# What a class of methods costs.
MethodClass: TypeAlias = Literal[
    # Not said.
    "METHOD_CLASS_UNSPECIFIED",
    # Looks at something.
    "METHOD_CLASS_READ",
    # Does one thing.
    "METHOD_CLASS_WRITE",
    # Does many, or takes a file.
    "METHOD_CLASS_BULK",
]

# Where it is on its way.
WebhookDeliveryState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # It will be tried, perhaps again, or waits for an earlier one of the same object.
    "STATE_WAITING",
    # The endpoint answered 2xx; final until someone replays it.
    "STATE_DELIVERED",
    # All tries failed, or the endpoint is gone; final until someone replays it.
    "STATE_FAILED",
]

# Whether events are sent there.
WebhookEndpointState: TypeAlias = Literal[
    # Never sent.
    "STATE_UNSPECIFIED",
    # They are.
    "STATE_ENABLED",
    # They are not; disable_cause says why.
    "STATE_DISABLED",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key with which a program calls the gateway. Only its hash is kept."""

    key_id: str = ""
    """The open part of the key, which stands in logs."""

    display_name: str = ""
    """Whose it is, for people."""

    sees_unmasked: bool = False
    """Whether it sees names, tax numbers and accounts unmasked."""

    is_admin: bool = False
    """Whether it has the role admin."""

    create_time: datetime | None = None
    """When it was made."""

    revoke_time: datetime | None = None
    """When it was revoked; unset while it is good."""

    roles: Sequence[str] = ()
    """What it is there for: cashier 出纳, reviewer 复核, auditor 审计, operator 运维, integrator 接入方, admin
    管理员.
    """

    tenant_id: str = ""
    """The customer whose key it is; empty for the platform itself."""

    merchant_ids: Sequence[str] = ()
    """The merchants that it sees and acts for; empty for all of them."""

    department: str = ""
    """The department within the tenant, for people."""

    expire_time: datetime | None = None
    """From when on it is refused; unset for never."""

    successor_key_id: str = ""
    """The key that takes its place; empty when it was not rotated."""

    operator: str = ""
    """For whom it acts where two must act: the person who made it, or the first key of the line that it goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """A mutating call, or a sight of unmasked data. What was sent and answered is not in it."""

    record_id: str = ""
    """Its id; ids sort by time."""

    record_time: datetime | None = None
    """When the call came."""

    caller_id: str = ""
    """Who called: the id of a key or of a person, or channel:<account> for a channel's callback; feed:<name> for
    a call that is known only by what it left in that feed.
    """

    operator: str = ""
    """For whom the caller acted, where two must act."""

    tenant_id: str = ""
    """The customer whose caller it was; empty for the platform itself."""

    method: str = ""
    """The full name of the method, such as bihuan.payments.v1.RefundService.CreateRefund."""

    resource_ids: Sequence[str] = ()
    """What it was about, as the request and the answer name it; at most 20."""

    address: str = ""
    """The network address that it came from."""

    reason: str = ""
    """Why, as the caller said in the header Bihuan-Reason; empty when it said nothing."""

    outcome: str = ""
    """OK, or the reason of the contract by which it was refused; FOUND_LATER when no record was written at its
    time.
    """

    saw_unmasked: bool = False
    """Whether the answer showed names, tax numbers or accounts unmasked."""

    trace_id: str = ""
    """Finds the trace; empty when the call was not traced."""

    request_sha256: str = ""
    """SHA-256 of the verb, the path with its query and the body as sent, in hex: proof of what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateApiKeyResponse:
    """The key, with its secret."""

    api_key: ApiKey | None = None
    """The key."""

    token: str = ""
    """What the caller sends as `Authorization: Bearer …`. Shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateWebhookEndpointResponse:
    """The endpoint, with its secret."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""

    secret: str = ""
    """Its secret, `whsec_…`. Shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteWebhookEndpointResponse:
    """It is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEvent:
    """Something happened to a difference between the books and a channel's statement. Those of one exception
    come in order, and may come more than once. 对账差异
    """

    type: str = ""
    """What happened."""

    timestamp: datetime | None = None
    """When the gateway learned of it."""

    data: ExceptionEventData | None = None
    """The exception as the change left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExceptionEventData:
    """An exception as events tell it; fields are named and meant as in Exception. No names are among them."""

    exception_id: str = ""
    """Ours."""

    run_id: str = ""
    """The run that found it."""

    channel: str = ""
    """The channel, such as wechat_pay. 支付渠道"""

    business_date: str = ""
    """The channel's business day that the run compared, YYYY-MM-DD. 业务日期"""

    exception_class: str = ""
    """Its class, such as PLATFORM_ONLY; the API tells the words for it."""

    state: str = ""
    """OPEN, ASSIGNED, PENDING_CONFIRMATION, CONFIRMED or RESOLVED."""

    payment_id: str = ""
    """The payment in question; empty when the books have none."""

    line_id: str = ""
    """The statement's line in question; empty when the channel has none."""

    merchant_id: str = ""
    """The merchant of all that the books have of it. Empty when they have nothing or payments of several: such
    an event goes to endpoints of all merchants alone.
    """

    merchant_order_no: str = ""
    """The merchant's order number of either. 商户订单号"""

    book_amount: Money | None = None
    """What the books say; unset when they have nothing."""

    channel_amount: Money | None = None
    """What the channel says, signed; unset when it has nothing."""

    resolved_by_run_id: str = ""
    """The run that resolved it; empty unless this change did."""

    carried_from_exception_id: str = ""
    """The exception of an earlier run of the day that this is again; empty for none."""

    sequence: int = 0
    """Rises with each change: of two events keep the exception with the higher sequence."""

    change_time: datetime | None = None
    """When it changed."""

    trace_id: str = ""
    """The trace of the payment; empty when there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetSystemResponse:
    """How the system is."""

    version: str = ""
    """The version of the gateway."""

    services: Sequence[ServiceHealth] = ()
    """Each service that stands behind the gateway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWebhookDeliveryResponse:
    """A delivery and what came back."""

    delivery: WebhookDelivery | None = None
    """The delivery."""

    attempts: Sequence[WebhookAttempt] = ()
    """Its tries, oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GetWebhookEndpointResponse:
    """An endpoint."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEvent:
    """Something happened to an invoice. Those of one invoice come in order, and may come more than once."""

    type: str = ""
    """What happened."""

    timestamp: datetime | None = None
    """When the gateway learned of it."""

    data: InvoiceEventData | None = None
    """The invoice as the change left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceEventData:
    """An invoice as events tell it; fields are named and meant as in Invoice. No names and no tax numbers are
    among them.
    """

    invoice_id: str = ""
    """Ours."""

    payment_id: str = ""
    """The payment that it is for."""

    merchant_id: str = ""
    """The merchant, who is the seller."""

    merchant_order_no: str = ""
    """The merchant's order number. 商户订单号"""

    amount: Money | None = None
    """What is invoiced, tax included."""

    sync_state: str = ""
    """READY, RETRY_WAIT, SUBMITTED, ACKED, BOOKED, CONFIRMED, INVALID, REJECTED, MISMATCH, MISSING or VOIDED."""

    invoice_number: str = ""
    """The authority's number; empty until it gave one. 发票号码"""

    red_number: str = ""
    """The number of the red letter that reversed it; empty when none did. 红字发票号码"""

    version: int = 0
    """The version of the document; a correction makes the next."""

    given_up: str = ""
    """Why nothing is tried any more: COUNT, AGE, DEADLINE or RESENT; empty while it goes on."""

    sequence: int = 0
    """Rises with each change: of two events keep the invoice with the higher sequence."""

    change_time: datetime | None = None
    """When it changed."""

    trace_id: str = ""
    """The trace that it belongs to; empty when it was not traced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftSuspensionResponse:
    """The alert as it stands."""

    alert: SecurityAlert | None = None
    """The alert."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListApiKeysResponse:
    """The keys."""

    api_keys: Sequence[ApiKey] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListAuditRecordsResponse:
    """A page of records."""

    records: Sequence[AuditRecord] = ()
    """Newest first."""

    next_page_token: str = ""
    """For the next page; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListRateLimitsResponse:
    """The limits."""

    limits: Sequence[RateLimit] = ()
    """By subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSecurityAlertsResponse:
    """A page of alerts."""

    alerts: Sequence[SecurityAlert] = ()
    """Newest first."""

    next_page_token: str = ""
    """For the next page; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhookDeliveriesResponse:
    """A page of deliveries."""

    deliveries: Sequence[WebhookDelivery] = ()
    """Newest first."""

    next_page_token: str = ""
    """Where to go on; empty at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListWebhookEndpointsResponse:
    """The endpoints."""

    endpoints: Sequence[WebhookEndpoint] = ()
    """Newest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEvent:
    """Something happened to a payment. Those of one payment come in order, and may come more than once."""

    type: str = ""
    """What happened."""

    timestamp: datetime | None = None
    """When the gateway learned of it."""

    data: PaymentEventData | None = None
    """The payment as the change left it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentEventData:
    """A payment as events tell it; fields are named and meant as in Payment. No names are among them."""

    payment_id: str = ""
    """Ours."""

    merchant_id: str = ""
    """The merchant that is paid."""

    merchant_order_no: str = ""
    """The merchant's order number. 商户订单号"""

    bill_no: str = ""
    """The bill that is paid; empty when the order is the bill. 账单号"""

    channel: str = ""
    """The channel, such as wechat_pay. 支付渠道"""

    channel_txn_no: str = ""
    """The channel's own number. 渠道流水号"""

    amount: Money | None = None
    """What was paid."""

    state: str = ""
    """CREATED, PROCESSING, SUCCEEDED, FAILED, CLOSED or UNKNOWN."""

    reconciliation_state: str = ""
    """PENDING, MATCHED or EXCEPTION."""

    refunded_amount: Money | None = None
    """What was given or taken back."""

    refundable_amount: Money | None = None
    """What is left to refund."""

    business_date: str = ""
    """YYYY-MM-DD; empty until it has succeeded. 业务日期"""

    pay_time: datetime | None = None
    """When the channel says it succeeded; unset until then."""

    version: int = 0
    """Rises with each change: of two events keep the payment with the higher version."""

    ref_id: str = ""
    """The run, refund, reversal or chargeback; empty when the payment itself changed."""

    trace_id: str = ""
    """The trace in which the payment was recorded; empty when it was not traced."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimit:
    """A limit that holds for one key or tenant in place of that of the settings."""

    subject: str = ""
    """The key or the tenant. A limit of a key holds for it alone; one of a tenant for all of its keys together."""

    method_class: MethodClass = "METHOD_CLASS_UNSPECIFIED"
    """For which methods."""

    calls_per_second: int = 0
    """How many calls a second, on all gateways together."""

    set_by: str = ""
    """Who set it."""

    set_time: datetime | None = None
    """When."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhookDeliveryResponse:
    """The delivery as it stands."""

    delivery: WebhookDelivery | None = None
    """The delivery."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayWebhookEventsResponse:
    """What is sent again."""

    delivery_count: int = 0
    """How many deliveries were put on their way."""

    next_page_token: str = ""
    """To go on with; empty when all events of the time were looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKeyResponse:
    """The key as it stands."""

    api_key: ApiKey | None = None
    """The key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateApiKeyResponse:
    """The new key, with its secret."""

    api_key: ApiKey | None = None
    """The new key."""

    token: str = ""
    """What the caller sends as `Authorization: Bearer …`. Shown once."""

    predecessor: ApiKey | None = None
    """The old key as it stands, with the time at which it ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateWebhookSecretResponse:
    """The endpoint, with its new secret."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""

    secret: str = ""
    """Its secret, `whsec_…`. Shown once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecurityAlert:
    """A run of guessing or of attempts to inject, and the suspension that it brought about."""

    suspension_id: str = ""
    """Its id; ids sort by time."""

    address: str = ""
    """The address that is suspended, alone or with a key; empty when a key is, wherever it is used."""

    key_id: str = ""
    """The key that is suspended, or that the address claimed; empty when an address is, whatever it claims."""

    offence: str = ""
    """What came last: WRONG_SECRET, INJECTION, DENIED, NOT_FOUND or MALFORMED."""

    level: int = 0
    """How often in a row it was suspended before; each time is four times as long."""

    start_time: datetime | None = None
    """When it began."""

    until_time: datetime | None = None
    """When it ends by itself."""

    trace_id: str = ""
    """The trace of the last offence; empty when it was not traced."""

    lift_time: datetime | None = None
    """When an admin ended it; unset when none did."""

    lifted_by: str = ""
    """Who ended it."""

    lift_reason: str = ""
    """Why it was ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceHealth:
    """How one service is."""

    service: str = ""
    """Its name: payments, reconciler, invoice_sync."""

    serving: bool = False
    """Whether it answers and is ready for calls."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetRateLimitResponse:
    """The limit as it stands."""

    limit: RateLimit | None = None
    """The limit; unset when that of the settings holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEvent:
    """Nothing happened: someone pressed the test button."""

    type: str = ""
    """webhook.test."""

    timestamp: datetime | None = None
    """When the button was pressed."""

    data: TestEventData | None = None
    """Which endpoint is tested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestEventData:
    """What a test tells."""

    endpoint_id: str = ""
    """The endpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestWebhookEndpointResponse:
    """What came back."""

    delivery: WebhookDelivery | None = None
    """The delivery, at its end."""

    attempt: WebhookAttempt | None = None
    """Its one try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateWebhookEndpointResponse:
    """The endpoint."""

    endpoint: WebhookEndpoint | None = None
    """The endpoint as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifyAuditResponse:
    """What the walk found."""

    intact: bool = False
    """Whether everything fits so far."""

    record_count: int = 0
    """How many records this walk went over."""

    next_link_no: int = 0
    """Where to go on; 0 at the end."""

    broken_link_no: int = 0
    """The first link that does not fit; 0 when all do."""

    broken_record_id: str = ""
    """The record at that link; empty when it is not known."""

    why: str = ""
    """What gives it away: GAP, REMOVED, CHANGED, BATCH, SIGNATURE, ANCHOR, TAIL, SEAL or UNLINKED; empty when
    all fits.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookAttempt:
    """One try, with what came back."""

    attempt_no: int = 0
    """From 1 on; it goes on over replays."""

    start_time: datetime | None = None
    """When it began."""

    duration_milliseconds: int = 0
    """How long it took."""

    status_code: int = 0
    """The HTTP status; 0 when there was no answer."""

    fault: str = ""
    """Why there was no answer: TIMEOUT, NO_ADDRESS, REFUSED_ADDRESS, TLS, CONNECTION or BROKEN; empty when there
    was one.
    """

    answer_start: str = ""
    """The start of the answer, at most 512 characters, with long numbers masked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookDelivery:
    """One event on its way to one endpoint."""

    delivery_id: str = ""
    """Ours; ids sort by time."""

    endpoint_id: str = ""
    """Where to."""

    event_id: str = ""
    """The event; stands in the header webhook-id of every try."""

    event_type: str = ""
    """Its type, such as payment.succeeded."""

    object_id: str = ""
    """What it is about, such as a payment; those of one object go out in order."""

    merchant_id: str = ""
    """Whose it is."""

    state: WebhookDeliveryState = "STATE_UNSPECIFIED"
    """Where it is."""

    try_count: int = 0
    """How often it was tried since it was made, or replayed."""

    next_try_time: datetime | None = None
    """When it is tried again; unset at an end."""

    create_time: datetime | None = None
    """When it was made."""

    end_time: datetime | None = None
    """When it came to its end; unset before."""

    last_status_code: int = 0
    """The HTTP status of the last answer; 0 when there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEndpoint:
    """Where events are sent."""

    endpoint_id: str = ""
    """Ours."""

    url: str = ""
    """Where to."""

    description: str = ""
    """What it is, for people."""

    merchant_ids: Sequence[str] = ()
    """The merchants whose events it gets; empty for all."""

    event_types: Sequence[str] = ()
    """The types of events that it gets, payment.* for all of a kind; empty for all."""

    state: WebhookEndpointState = "STATE_UNSPECIFIED"
    """Whether events are sent there."""

    disable_cause: str = ""
    """CALLER: someone disabled it; GONE: it answered 410; FAILING: nothing reached it for five days. Empty while
    enabled.
    """

    disable_time: datetime | None = None
    """When it was disabled; unset while enabled."""

    failing_since_time: datetime | None = None
    """Since when nothing reaches it; unset when the last thing did."""

    create_time: datetime | None = None
    """When it was made."""

    previous_secret_until_time: datetime | None = None
    """Until when the secret before the last rotation signs too; unset when it does not."""

    version: int = 0
    """Rises by one with each change of what it is, of whether it is enabled, and of its secret."""


_CREATE_API_KEY = Operation(
    name="create_api_key",
    verb="POST",
    template="/v1/apiKeys",
    body="*",
    answer=CreateApiKeyResponse,
    is_repeatable=False,
    mutates=True,
)
_LIST_API_KEYS = Operation(
    name="list_api_keys", verb="GET", template="/v1/apiKeys", body="", answer=ListApiKeysResponse
)
_REVOKE_API_KEY = Operation(
    name="revoke_api_key",
    verb="POST",
    template="/v1/apiKeys/{key_id}:revoke",
    body="*",
    answer=RevokeApiKeyResponse,
    variables=("key_id",),
    mutates=True,
)
_ROTATE_API_KEY = Operation(
    name="rotate_api_key",
    verb="POST",
    template="/v1/apiKeys/{key_id}:rotate",
    body="*",
    answer=RotateApiKeyResponse,
    variables=("key_id",),
    is_repeatable=False,
    mutates=True,
)
_LIST_AUDIT_RECORDS = Operation(
    name="list_audit_records", verb="GET", template="/v1/auditRecords", body="", answer=ListAuditRecordsResponse
)
_VERIFY_AUDIT = Operation(
    name="verify_audit", verb="GET", template="/v1/auditRecords:verify", body="", answer=VerifyAuditResponse
)
_LIFT_SUSPENSION = Operation(
    name="lift_suspension",
    verb="POST",
    template="/v1/securityAlerts/{suspension_id}:lift",
    body="*",
    answer=LiftSuspensionResponse,
    variables=("suspension_id",),
    mutates=True,
)
_LIST_RATE_LIMITS = Operation(
    name="list_rate_limits", verb="GET", template="/v1/rateLimits", body="", answer=ListRateLimitsResponse
)
_LIST_SECURITY_ALERTS = Operation(
    name="list_security_alerts", verb="GET", template="/v1/securityAlerts", body="", answer=ListSecurityAlertsResponse
)
_SET_RATE_LIMIT = Operation(
    name="set_rate_limit", verb="POST", template="/v1/rateLimits", body="*", answer=SetRateLimitResponse, mutates=True
)
_GET_SYSTEM = Operation(name="get_system", verb="GET", template="/v1/system", body="", answer=GetSystemResponse)
_CREATE_WEBHOOK_ENDPOINT = Operation(
    name="create_webhook_endpoint",
    verb="POST",
    template="/v1/webhookEndpoints",
    body="*",
    answer=CreateWebhookEndpointResponse,
    is_repeatable=False,
    mutates=True,
)
_DELETE_WEBHOOK_ENDPOINT = Operation(
    name="delete_webhook_endpoint",
    verb="DELETE",
    template="/v1/webhookEndpoints/{endpoint_id}",
    body="",
    answer=DeleteWebhookEndpointResponse,
    variables=("endpoint_id",),
    is_repeatable=False,
    mutates=True,
)
_GET_WEBHOOK_DELIVERY = Operation(
    name="get_webhook_delivery",
    verb="GET",
    template="/v1/webhookDeliveries/{delivery_id}",
    body="",
    answer=GetWebhookDeliveryResponse,
    variables=("delivery_id",),
)
_GET_WEBHOOK_ENDPOINT = Operation(
    name="get_webhook_endpoint",
    verb="GET",
    template="/v1/webhookEndpoints/{endpoint_id}",
    body="",
    answer=GetWebhookEndpointResponse,
    variables=("endpoint_id",),
)
_LIST_WEBHOOK_DELIVERIES = Operation(
    name="list_webhook_deliveries",
    verb="GET",
    template="/v1/webhookEndpoints/{endpoint_id}/deliveries",
    body="",
    answer=ListWebhookDeliveriesResponse,
    variables=("endpoint_id",),
)
_LIST_WEBHOOK_ENDPOINTS = Operation(
    name="list_webhook_endpoints",
    verb="GET",
    template="/v1/webhookEndpoints",
    body="",
    answer=ListWebhookEndpointsResponse,
)
_REPLAY_WEBHOOK_DELIVERY = Operation(
    name="replay_webhook_delivery",
    verb="POST",
    template="/v1/webhookDeliveries/{delivery_id}:replay",
    body="*",
    answer=ReplayWebhookDeliveryResponse,
    variables=("delivery_id",),
    mutates=True,
)
_REPLAY_WEBHOOK_EVENTS = Operation(
    name="replay_webhook_events",
    verb="POST",
    template="/v1/webhookEndpoints/{endpoint_id}:replay",
    body="*",
    answer=ReplayWebhookEventsResponse,
    variables=("endpoint_id",),
    mutates=True,
)
_ROTATE_WEBHOOK_SECRET = Operation(
    name="rotate_webhook_secret",
    verb="POST",
    template="/v1/webhookEndpoints/{endpoint_id}:rotateSecret",
    body="*",
    answer=RotateWebhookSecretResponse,
    variables=("endpoint_id",),
    is_repeatable=False,
    mutates=True,
)
_TEST_WEBHOOK_ENDPOINT = Operation(
    name="test_webhook_endpoint",
    verb="POST",
    template="/v1/webhookEndpoints/{endpoint_id}:test",
    body="*",
    answer=TestWebhookEndpointResponse,
    variables=("endpoint_id",),
    is_repeatable=False,
    mutates=True,
)
_UPDATE_WEBHOOK_ENDPOINT = Operation(
    name="update_webhook_endpoint",
    verb="PUT",
    template="/v1/webhookEndpoints/{endpoint_id}",
    body="*",
    answer=UpdateWebhookEndpointResponse,
    variables=("endpoint_id",),
    mutates=True,
)


class Gateway:
    """The calls of gateway, blocking. Each raises Refused or NoAnswer."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def create_api_key(
        self,
        *,
        display_name: str,
        sees_unmasked: bool = False,
        is_admin: bool = False,
        roles: Sequence[str] = (),
        tenant_id: str = "",
        merchant_ids: Sequence[str] = (),
        department: str = "",
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> CreateApiKeyResponse:
        """Makes a key. Its secret stands in this answer and never again; to repeat the call makes another key.

        display_name: Whose it is, for people.
        sees_unmasked: Whether it sees names, tax numbers and accounts unmasked.
        is_admin: Whether it has every role that runs the platform: admin, operator, reviewer and integrator.
        roles: What it is there for; integrator when neither roles nor is_admin say otherwise.
        tenant_id: The customer whose key it is; with one merchant and nothing here, that merchant.
        merchant_ids: The merchants that it sees and acts for; empty for all of them. A cashier needs some;
          admin and operator have none.
        department: The department within the tenant, for people.
        expire_time: From when on it is refused; unset for never.
        """
        return self._transport.send(
            _CREATE_API_KEY,
            {
                "display_name": display_name,
                "sees_unmasked": sees_unmasked,
                "is_admin": is_admin,
                "roles": roles,
                "tenant_id": tenant_id,
                "merchant_ids": merchant_ids,
                "department": department,
                "expire_time": expire_time,
            },
            "",
            timeout_seconds,
        )

    def list_api_keys(self, *, timeout_seconds: float | None = None) -> ListApiKeysResponse:
        """Lists keys, newest first; at most 1,000."""
        return self._transport.send(_LIST_API_KEYS, {}, "", timeout_seconds)

    def revoke_api_key(self, key_id: str, *, timeout_seconds: float | None = None) -> RevokeApiKeyResponse:
        """Revokes a key at once. Idempotent.

        key_id: The open part of the key.
        """
        return self._transport.send(_REVOKE_API_KEY, {"key_id": key_id}, "", timeout_seconds)

    def rotate_api_key(
        self,
        key_id: str,
        *,
        overlap_seconds: int = 0,
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> RotateApiKeyResponse:
        """Makes the key that takes a key's place, with the same rights; the old one goes on for the overlap and
        is refused then. The new token stands in this answer and never again. A key is rotated once:
        KEY_NOT_ROTATABLE when it has a successor, was revoked or has expired.

        key_id: The open part of the key.
        overlap_seconds: How long the old key goes on; 0 ends it at once, at most 30 days.
        expire_time: From when on the new key is refused; unset for never.
        """
        return self._transport.send(
            _ROTATE_API_KEY,
            {"key_id": key_id, "overlap_seconds": overlap_seconds, "expire_time": expire_time},
            "",
            timeout_seconds,
        )

    def list_audit_records(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> ListAuditRecordsResponse:
        """Lists records, newest first. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        return self._transport.send(
            _LIST_AUDIT_RECORDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "caller_id": caller_id,
                "method": method,
                "resource_id": resource_id,
                "outcome": outcome,
                "unmasked_only": unmasked_only,
                "from_time": from_time,
                "to_time": to_time,
            },
            "",
            timeout_seconds,
        )

    def list_all_audit_records(
        self,
        *,
        page_size: int = 0,
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> Iterator[AuditRecord]:
        """What all pages of `list_audit_records` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        for page in pages(
            lambda token: self.list_audit_records(
                page_size=page_size,
                caller_id=caller_id,
                method=method,
                resource_id=resource_id,
                outcome=outcome,
                unmasked_only=unmasked_only,
                from_time=from_time,
                to_time=to_time,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.records

    def verify_audit(self, *, from_link_no: int = 0, timeout_seconds: float | None = None) -> VerifyAuditResponse:
        """Walks a part of the chain over the records, beside the heads and seals that the gateway keeps outside
        its database. Call again with next_link_no until it is 0. Always safe to repeat.

        from_link_no: The link to begin with; 0 means the first.
        """
        return self._transport.send(_VERIFY_AUDIT, {"from_link_no": from_link_no}, "", timeout_seconds)

    def lift_suspension(
        self, suspension_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> LiftSuspensionResponse:
        """Ends a suspension before its time, and forgets what led to it; every gateway knows within seconds. One
        that was lifted stays as it is.

        suspension_id: Which.
        reason: Why, for those who read it later.
        """
        return self._transport.send(
            _LIFT_SUSPENSION, {"suspension_id": suspension_id, "reason": reason}, "", timeout_seconds
        )

    def list_rate_limits(self, *, timeout_seconds: float | None = None) -> ListRateLimitsResponse:
        """Lists the limits that were set for single keys and tenants; at most 10,000. Always safe to repeat."""
        return self._transport.send(_LIST_RATE_LIMITS, {}, "", timeout_seconds)

    def list_security_alerts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        suspended_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListSecurityAlertsResponse:
        """Lists suspensions, newest first, those that are over too. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        suspended_only: Only suspensions that last.
        """
        return self._transport.send(
            _LIST_SECURITY_ALERTS,
            {"page_size": page_size, "page_token": page_token, "suspended_only": suspended_only},
            "",
            timeout_seconds,
        )

    def list_all_security_alerts(
        self, *, page_size: int = 0, suspended_only: bool = False, timeout_seconds: float | None = None
    ) -> Iterator[SecurityAlert]:
        """What all pages of `list_security_alerts` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        suspended_only: Only suspensions that last.
        """
        for page in pages(
            lambda token: self.list_security_alerts(
                page_size=page_size, suspended_only=suspended_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            yield from page.alerts

    def set_rate_limit(
        self,
        *,
        subject: str,
        method_class: MethodClass,
        calls_per_second: int = 0,
        timeout_seconds: float | None = None,
    ) -> SetRateLimitResponse:
        """Sets how many calls a key or a tenant may make; every gateway knows within seconds. Setting it again
        changes nothing.

        subject: The key or the tenant.
        method_class: For which methods.
        calls_per_second: How many calls a second; 0 lets the limit of the settings hold again.
        """
        return self._transport.send(
            _SET_RATE_LIMIT,
            {"subject": subject, "method_class": method_class, "calls_per_second": calls_per_second},
            "",
            timeout_seconds,
        )

    def get_system(self, *, timeout_seconds: float | None = None) -> GetSystemResponse:
        """Asks each service for its health and answers with all of them. Always safe to repeat."""
        return self._transport.send(_GET_SYSTEM, {}, "", timeout_seconds)

    def create_webhook_endpoint(
        self,
        *,
        url: str,
        merchant_ids: Sequence[str] = (),
        event_types: Sequence[str] = (),
        description: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateWebhookEndpointResponse:
        """Makes an endpoint. Its secret stands in this answer and never again; to repeat the call makes another
        endpoint. A caller with a scope of merchants names some of them. WEBHOOKS_OFF when this gateway has no
        key for secrets.

        url: Where to: https, port 443 or 8443, a public address.
        merchant_ids: The merchants whose events it gets; empty for all of them, which only a caller without a
          scope may ask for.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        """
        return self._transport.send(
            _CREATE_WEBHOOK_ENDPOINT,
            {"url": url, "merchant_ids": merchant_ids, "event_types": event_types, "description": description},
            "",
            timeout_seconds,
        )

    def delete_webhook_endpoint(
        self, endpoint_id: str, *, expected_version: int = 0, timeout_seconds: float | None = None
    ) -> DeleteWebhookEndpointResponse:
        """Deletes an endpoint; what was on its way fails. Once it is gone it is NOT_FOUND. VERSION_MISMATCH when
        it changed since the version that is named.

        endpoint_id: The endpoint.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _DELETE_WEBHOOK_ENDPOINT,
            {"endpoint_id": endpoint_id, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    def get_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookDeliveryResponse:
        """Gets a delivery with its last 100 tries. Always safe to repeat.

        delivery_id: The delivery.
        """
        return self._transport.send(_GET_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    def get_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookEndpointResponse:
        """Gets an endpoint. Always safe to repeat.

        endpoint_id: The endpoint.
        """
        return self._transport.send(_GET_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    def list_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListWebhookDeliveriesResponse:
        """Lists deliveries of an endpoint, newest first, by page. Kept for 30 days. Always safe to repeat.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        page_token: From the answer before; empty for the first page.
        """
        return self._transport.send(
            _LIST_WEBHOOK_DELIVERIES,
            {
                "endpoint_id": endpoint_id,
                "state": state,
                "object_id": object_id,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    def list_all_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> Iterator[WebhookDelivery]:
        """What all pages of `list_webhook_deliveries` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        """
        for page in pages(
            lambda token: self.list_webhook_deliveries(
                endpoint_id=endpoint_id,
                state=state,
                object_id=object_id,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            yield from page.deliveries

    def list_webhook_endpoints(
        self, *, disabled_only: bool = False, timeout_seconds: float | None = None
    ) -> ListWebhookEndpointsResponse:
        """Lists the endpoints whose merchants the caller sees, newest first; at most 1,000. Always safe to
        repeat.

        disabled_only: Only those that are disabled: what needs a look.
        """
        return self._transport.send(_LIST_WEBHOOK_ENDPOINTS, {"disabled_only": disabled_only}, "", timeout_seconds)

    def replay_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> ReplayWebhookDeliveryResponse:
        """Sends a delivery again, with the same webhook-id, behind what waits for the same object; one that
        waits already stays as it is.

        delivery_id: The delivery.
        """
        return self._transport.send(_REPLAY_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    def replay_webhook_events(
        self,
        endpoint_id: str,
        *,
        from_time: datetime,
        to_time: datetime,
        include_delivered: bool = False,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ReplayWebhookEventsResponse:
        """Sends the events of a time again, in their order: what failed or was never sent there, and on demand
        what was delivered. 1,000 at once: call again with the token until there is none. What waits already
        stays as it is.

        endpoint_id: The endpoint.
        from_time: From when on; at most 30 days ago.
        to_time: Before when.
        include_delivered: What was delivered too.
        page_token: From the answer before; empty at first.
        """
        return self._transport.send(
            _REPLAY_WEBHOOK_EVENTS,
            {
                "endpoint_id": endpoint_id,
                "from_time": from_time,
                "to_time": to_time,
                "include_delivered": include_delivered,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    def rotate_webhook_secret(
        self,
        endpoint_id: str,
        *,
        overlap_seconds: int = 0,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> RotateWebhookSecretResponse:
        """Makes a new secret. For the overlap both sign, so that a receiver may change over; to repeat the call
        makes another, and only the last but one goes on. VERSION_MISMATCH when it changed since the version
        that is named, so that a repeat of a call that was done makes no other.

        endpoint_id: The endpoint.
        overlap_seconds: How long the old secret signs too; 0 ends it at once, at most 7 days.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _ROTATE_WEBHOOK_SECRET,
            {"endpoint_id": endpoint_id, "overlap_seconds": overlap_seconds, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    def test_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> TestWebhookEndpointResponse:
        """Sends the event webhook.test once, now, and answers with what came back; also when the endpoint is
        disabled.

        endpoint_id: The endpoint.
        """
        return self._transport.send(_TEST_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str,
        event_types: Sequence[str] = (),
        description: str = "",
        is_enabled: bool = False,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> UpdateWebhookEndpointResponse:
        """Sets what an endpoint is, but its merchants, and enables or disables it. Setting it again changes
        nothing. VERSION_MISMATCH when it changed since the version that is named.

        endpoint_id: The endpoint.
        url: Where to: https, port 443 or 8443, a public address.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        is_enabled: Whether events are sent there. To enable it again forgets that it was failing.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return self._transport.send(
            _UPDATE_WEBHOOK_ENDPOINT,
            {
                "endpoint_id": endpoint_id,
                "url": url,
                "event_types": event_types,
                "description": description,
                "is_enabled": is_enabled,
                "expected_version": expected_version,
            },
            "",
            timeout_seconds,
        )


class AsyncGateway:
    """The calls of gateway, for asyncio. Each raises Refused or NoAnswer."""

    def __init__(self, transport: AsyncTransport) -> None:
        self._transport = transport

    async def create_api_key(
        self,
        *,
        display_name: str,
        sees_unmasked: bool = False,
        is_admin: bool = False,
        roles: Sequence[str] = (),
        tenant_id: str = "",
        merchant_ids: Sequence[str] = (),
        department: str = "",
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> CreateApiKeyResponse:
        """Makes a key. Its secret stands in this answer and never again; to repeat the call makes another key.

        display_name: Whose it is, for people.
        sees_unmasked: Whether it sees names, tax numbers and accounts unmasked.
        is_admin: Whether it has every role that runs the platform: admin, operator, reviewer and integrator.
        roles: What it is there for; integrator when neither roles nor is_admin say otherwise.
        tenant_id: The customer whose key it is; with one merchant and nothing here, that merchant.
        merchant_ids: The merchants that it sees and acts for; empty for all of them. A cashier needs some;
          admin and operator have none.
        department: The department within the tenant, for people.
        expire_time: From when on it is refused; unset for never.
        """
        return await self._transport.send(
            _CREATE_API_KEY,
            {
                "display_name": display_name,
                "sees_unmasked": sees_unmasked,
                "is_admin": is_admin,
                "roles": roles,
                "tenant_id": tenant_id,
                "merchant_ids": merchant_ids,
                "department": department,
                "expire_time": expire_time,
            },
            "",
            timeout_seconds,
        )

    async def list_api_keys(self, *, timeout_seconds: float | None = None) -> ListApiKeysResponse:
        """Lists keys, newest first; at most 1,000."""
        return await self._transport.send(_LIST_API_KEYS, {}, "", timeout_seconds)

    async def revoke_api_key(self, key_id: str, *, timeout_seconds: float | None = None) -> RevokeApiKeyResponse:
        """Revokes a key at once. Idempotent.

        key_id: The open part of the key.
        """
        return await self._transport.send(_REVOKE_API_KEY, {"key_id": key_id}, "", timeout_seconds)

    async def rotate_api_key(
        self,
        key_id: str,
        *,
        overlap_seconds: int = 0,
        expire_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> RotateApiKeyResponse:
        """Makes the key that takes a key's place, with the same rights; the old one goes on for the overlap and
        is refused then. The new token stands in this answer and never again. A key is rotated once:
        KEY_NOT_ROTATABLE when it has a successor, was revoked or has expired.

        key_id: The open part of the key.
        overlap_seconds: How long the old key goes on; 0 ends it at once, at most 30 days.
        expire_time: From when on the new key is refused; unset for never.
        """
        return await self._transport.send(
            _ROTATE_API_KEY,
            {"key_id": key_id, "overlap_seconds": overlap_seconds, "expire_time": expire_time},
            "",
            timeout_seconds,
        )

    async def list_audit_records(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> ListAuditRecordsResponse:
        """Lists records, newest first. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        return await self._transport.send(
            _LIST_AUDIT_RECORDS,
            {
                "page_size": page_size,
                "page_token": page_token,
                "caller_id": caller_id,
                "method": method,
                "resource_id": resource_id,
                "outcome": outcome,
                "unmasked_only": unmasked_only,
                "from_time": from_time,
                "to_time": to_time,
            },
            "",
            timeout_seconds,
        )

    async def list_all_audit_records(
        self,
        *,
        page_size: int = 0,
        caller_id: str = "",
        method: str = "",
        resource_id: str = "",
        outcome: str = "",
        unmasked_only: bool = False,
        from_time: datetime | None = None,
        to_time: datetime | None = None,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[AuditRecord]:
        """What all pages of `list_audit_records` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        caller_id: Only of this caller.
        method: Only of this method, by its full name.
        resource_id: Only about this thing.
        outcome: Only with this outcome, such as PERMISSION_DENIED.
        unmasked_only: Only those that showed unmasked data.
        from_time: Came at or after this instant.
        to_time: Came before this instant.
        """
        async for page in async_pages(
            lambda token: self.list_audit_records(
                page_size=page_size,
                caller_id=caller_id,
                method=method,
                resource_id=resource_id,
                outcome=outcome,
                unmasked_only=unmasked_only,
                from_time=from_time,
                to_time=to_time,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.records:
                yield one

    async def verify_audit(self, *, from_link_no: int = 0, timeout_seconds: float | None = None) -> VerifyAuditResponse:
        """Walks a part of the chain over the records, beside the heads and seals that the gateway keeps outside
        its database. Call again with next_link_no until it is 0. Always safe to repeat.

        from_link_no: The link to begin with; 0 means the first.
        """
        return await self._transport.send(_VERIFY_AUDIT, {"from_link_no": from_link_no}, "", timeout_seconds)

    async def lift_suspension(
        self, suspension_id: str, *, reason: str, timeout_seconds: float | None = None
    ) -> LiftSuspensionResponse:
        """Ends a suspension before its time, and forgets what led to it; every gateway knows within seconds. One
        that was lifted stays as it is.

        suspension_id: Which.
        reason: Why, for those who read it later.
        """
        return await self._transport.send(
            _LIFT_SUSPENSION, {"suspension_id": suspension_id, "reason": reason}, "", timeout_seconds
        )

    async def list_rate_limits(self, *, timeout_seconds: float | None = None) -> ListRateLimitsResponse:
        """Lists the limits that were set for single keys and tenants; at most 10,000. Always safe to repeat."""
        return await self._transport.send(_LIST_RATE_LIMITS, {}, "", timeout_seconds)

    async def list_security_alerts(
        self,
        *,
        page_size: int = 0,
        page_token: str = "",
        suspended_only: bool = False,
        timeout_seconds: float | None = None,
    ) -> ListSecurityAlertsResponse:
        """Lists suspensions, newest first, those that are over too. Always safe to repeat.

        page_size: How many at most; 0 means 50, the most is 1,000.
        page_token: From the page before; empty for the first.
        suspended_only: Only suspensions that last.
        """
        return await self._transport.send(
            _LIST_SECURITY_ALERTS,
            {"page_size": page_size, "page_token": page_token, "suspended_only": suspended_only},
            "",
            timeout_seconds,
        )

    async def list_all_security_alerts(
        self, *, page_size: int = 0, suspended_only: bool = False, timeout_seconds: float | None = None
    ) -> AsyncIterator[SecurityAlert]:
        """What all pages of `list_security_alerts` have, fetched as it is walked; `timeout_seconds` is of each
        page.

        page_size: How many at most; 0 means 50, the most is 1,000.
        suspended_only: Only suspensions that last.
        """
        async for page in async_pages(
            lambda token: self.list_security_alerts(
                page_size=page_size, suspended_only=suspended_only, page_token=token, timeout_seconds=timeout_seconds
            )
        ):
            for one in page.alerts:
                yield one

    async def set_rate_limit(
        self,
        *,
        subject: str,
        method_class: MethodClass,
        calls_per_second: int = 0,
        timeout_seconds: float | None = None,
    ) -> SetRateLimitResponse:
        """Sets how many calls a key or a tenant may make; every gateway knows within seconds. Setting it again
        changes nothing.

        subject: The key or the tenant.
        method_class: For which methods.
        calls_per_second: How many calls a second; 0 lets the limit of the settings hold again.
        """
        return await self._transport.send(
            _SET_RATE_LIMIT,
            {"subject": subject, "method_class": method_class, "calls_per_second": calls_per_second},
            "",
            timeout_seconds,
        )

    async def get_system(self, *, timeout_seconds: float | None = None) -> GetSystemResponse:
        """Asks each service for its health and answers with all of them. Always safe to repeat."""
        return await self._transport.send(_GET_SYSTEM, {}, "", timeout_seconds)

    async def create_webhook_endpoint(
        self,
        *,
        url: str,
        merchant_ids: Sequence[str] = (),
        event_types: Sequence[str] = (),
        description: str = "",
        timeout_seconds: float | None = None,
    ) -> CreateWebhookEndpointResponse:
        """Makes an endpoint. Its secret stands in this answer and never again; to repeat the call makes another
        endpoint. A caller with a scope of merchants names some of them. WEBHOOKS_OFF when this gateway has no
        key for secrets.

        url: Where to: https, port 443 or 8443, a public address.
        merchant_ids: The merchants whose events it gets; empty for all of them, which only a caller without a
          scope may ask for.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        """
        return await self._transport.send(
            _CREATE_WEBHOOK_ENDPOINT,
            {"url": url, "merchant_ids": merchant_ids, "event_types": event_types, "description": description},
            "",
            timeout_seconds,
        )

    async def delete_webhook_endpoint(
        self, endpoint_id: str, *, expected_version: int = 0, timeout_seconds: float | None = None
    ) -> DeleteWebhookEndpointResponse:
        """Deletes an endpoint; what was on its way fails. Once it is gone it is NOT_FOUND. VERSION_MISMATCH when
        it changed since the version that is named.

        endpoint_id: The endpoint.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _DELETE_WEBHOOK_ENDPOINT,
            {"endpoint_id": endpoint_id, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    async def get_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookDeliveryResponse:
        """Gets a delivery with its last 100 tries. Always safe to repeat.

        delivery_id: The delivery.
        """
        return await self._transport.send(_GET_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    async def get_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> GetWebhookEndpointResponse:
        """Gets an endpoint. Always safe to repeat.

        endpoint_id: The endpoint.
        """
        return await self._transport.send(_GET_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    async def list_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ListWebhookDeliveriesResponse:
        """Lists deliveries of an endpoint, newest first, by page. Kept for 30 days. Always safe to repeat.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        page_token: From the answer before; empty for the first page.
        """
        return await self._transport.send(
            _LIST_WEBHOOK_DELIVERIES,
            {
                "endpoint_id": endpoint_id,
                "state": state,
                "object_id": object_id,
                "page_size": page_size,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    async def list_all_webhook_deliveries(
        self,
        endpoint_id: str,
        *,
        state: WebhookDeliveryState = "STATE_UNSPECIFIED",
        object_id: str = "",
        page_size: int = 0,
        timeout_seconds: float | None = None,
    ) -> AsyncIterator[WebhookDelivery]:
        """What all pages of `list_webhook_deliveries` have, fetched as it is walked; `timeout_seconds` is of
        each page.

        endpoint_id: The endpoint.
        state: Only those in this state; unspecified for all.
        object_id: Only those about this object, such as a payment.
        page_size: 0 means 50, the most is 500.
        """
        async for page in async_pages(
            lambda token: self.list_webhook_deliveries(
                endpoint_id=endpoint_id,
                state=state,
                object_id=object_id,
                page_size=page_size,
                page_token=token,
                timeout_seconds=timeout_seconds,
            )
        ):
            for one in page.deliveries:
                yield one

    async def list_webhook_endpoints(
        self, *, disabled_only: bool = False, timeout_seconds: float | None = None
    ) -> ListWebhookEndpointsResponse:
        """Lists the endpoints whose merchants the caller sees, newest first; at most 1,000. Always safe to
        repeat.

        disabled_only: Only those that are disabled: what needs a look.
        """
        return await self._transport.send(
            _LIST_WEBHOOK_ENDPOINTS, {"disabled_only": disabled_only}, "", timeout_seconds
        )

    async def replay_webhook_delivery(
        self, delivery_id: str, *, timeout_seconds: float | None = None
    ) -> ReplayWebhookDeliveryResponse:
        """Sends a delivery again, with the same webhook-id, behind what waits for the same object; one that
        waits already stays as it is.

        delivery_id: The delivery.
        """
        return await self._transport.send(_REPLAY_WEBHOOK_DELIVERY, {"delivery_id": delivery_id}, "", timeout_seconds)

    async def replay_webhook_events(
        self,
        endpoint_id: str,
        *,
        from_time: datetime,
        to_time: datetime,
        include_delivered: bool = False,
        page_token: str = "",
        timeout_seconds: float | None = None,
    ) -> ReplayWebhookEventsResponse:
        """Sends the events of a time again, in their order: what failed or was never sent there, and on demand
        what was delivered. 1,000 at once: call again with the token until there is none. What waits already
        stays as it is.

        endpoint_id: The endpoint.
        from_time: From when on; at most 30 days ago.
        to_time: Before when.
        include_delivered: What was delivered too.
        page_token: From the answer before; empty at first.
        """
        return await self._transport.send(
            _REPLAY_WEBHOOK_EVENTS,
            {
                "endpoint_id": endpoint_id,
                "from_time": from_time,
                "to_time": to_time,
                "include_delivered": include_delivered,
                "page_token": page_token,
            },
            "",
            timeout_seconds,
        )

    async def rotate_webhook_secret(
        self,
        endpoint_id: str,
        *,
        overlap_seconds: int = 0,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> RotateWebhookSecretResponse:
        """Makes a new secret. For the overlap both sign, so that a receiver may change over; to repeat the call
        makes another, and only the last but one goes on. VERSION_MISMATCH when it changed since the version
        that is named, so that a repeat of a call that was done makes no other.

        endpoint_id: The endpoint.
        overlap_seconds: How long the old secret signs too; 0 ends it at once, at most 7 days.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _ROTATE_WEBHOOK_SECRET,
            {"endpoint_id": endpoint_id, "overlap_seconds": overlap_seconds, "expected_version": expected_version},
            "",
            timeout_seconds,
        )

    async def test_webhook_endpoint(
        self, endpoint_id: str, *, timeout_seconds: float | None = None
    ) -> TestWebhookEndpointResponse:
        """Sends the event webhook.test once, now, and answers with what came back; also when the endpoint is
        disabled.

        endpoint_id: The endpoint.
        """
        return await self._transport.send(_TEST_WEBHOOK_ENDPOINT, {"endpoint_id": endpoint_id}, "", timeout_seconds)

    async def update_webhook_endpoint(
        self,
        endpoint_id: str,
        *,
        url: str,
        event_types: Sequence[str] = (),
        description: str = "",
        is_enabled: bool = False,
        expected_version: int = 0,
        timeout_seconds: float | None = None,
    ) -> UpdateWebhookEndpointResponse:
        """Sets what an endpoint is, but its merchants, and enables or disables it. Setting it again changes
        nothing. VERSION_MISMATCH when it changed since the version that is named.

        endpoint_id: The endpoint.
        url: Where to: https, port 443 or 8443, a public address.
        event_types: The types of events, such as payment.refunded, or payment.* for all of a kind; empty for
          all.
        description: What it is, for people.
        is_enabled: Whether events are sent there. To enable it again forgets that it was failing.
        expected_version: The version that the caller saw; 0 for whatever there is.
        """
        return await self._transport.send(
            _UPDATE_WEBHOOK_ENDPOINT,
            {
                "endpoint_id": endpoint_id,
                "url": url,
                "event_types": event_types,
                "description": description,
                "is_enabled": is_enabled,
                "expected_version": expected_version,
            },
            "",
            timeout_seconds,
        )
