"""Webhooks as the gateway signs them, read by the client; whatever else comes is refused."""

import json
from datetime import UTC, datetime

import pytest
from bihuan_client import Forged, Money, verified
from bihuan_client.gateway import PaymentEvent

from services.gateway.domain import webhook_signature

NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
OLD, NEW, OTHER = (bytes([at]) * 32 for at in (1, 2, 3))
BODY = json.dumps(
    {
        "type": "payment.succeeded",
        "timestamp": "2026-03-01T04:00:00Z",
        "data": {"paymentId": "pay_1", "amount": {"currencyCode": "CNY", "amountMinor": "12345"}, "version": "2"},
    }
)


def sent(body: str = BODY) -> dict[str, str]:
    """The headers of a delivery while the secret changes."""
    return webhook_signature.headers("evt_1", NOW, body, [NEW, OLD])


@pytest.mark.parametrize("known", [[OLD], [NEW], [OTHER, NEW]])
def test_a_delivery_is_read_with_the_old_or_the_new_secret(known: list[bytes]):
    secrets = [webhook_signature.secret_text(one) for one in known]

    told = verified(BODY.encode(), sent(), secrets, NOW.timestamp() + 200)

    assert told.event_id == "evt_1"
    assert isinstance(told.event, PaymentEvent)
    assert told.event.timestamp == NOW
    assert told.event.data
    assert told.event.data.amount == Money(currency_code="CNY", amount_minor=12345)


def test_a_type_of_event_that_is_newer_than_the_client_is_told_without_its_content():
    body = '{"type":"payment.reborn"}'

    told = verified(body.encode(), sent(body), webhook_signature.secret_text(OLD), NOW.timestamp())

    assert (told.type, told.event) == ("payment.reborn", None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": sent()["webhook-signature"].replace("v1,", "v1a,")},
        {"webhook-signature": "v1,\x00"},
        {"webhook-signature": ""},
        {"webhook-id": "evt_2"},
        {"webhook-id": ""},
        {"webhook-timestamp": str(int(NOW.timestamp()) + 1)},
        {"webhook-timestamp": "²"},
        {"webhook-timestamp": ""},
    ],
)
def test_a_delivery_with_any_part_changed_is_refused(wrong: dict[str, str]):
    with pytest.raises(Forged):
        verified(BODY.encode(), sent() | wrong, webhook_signature.secret_text(OLD), NOW.timestamp())


def test_a_delivery_of_another_secret_another_body_or_another_hour_is_refused():
    ours, others = webhook_signature.secret_text(OLD), webhook_signature.secret_text(OTHER)
    for body, secret, seconds in ((BODY, others, 0), (BODY + " ", ours, 0), (BODY, ours, 301), (BODY, ours, -301)):
        with pytest.raises(Forged):
            verified(body.encode(), sent(), secret, NOW.timestamp() + seconds)
