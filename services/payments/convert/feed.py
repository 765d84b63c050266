"""What the feed tells."""

from bihuan.payments.v1 import feed_pb2

from services.payments.convert.basics import from_money
from services.payments.convert.payment import from_payment
from services.payments.convert.refund import from_refund
from services.payments.domain.payment import ChangeKind, NumberedChange
from services.payments.domain.refund import Refund
from services.payments.domain.slice_manifest import Manifest


def from_change(numbered: NumberedChange, refund: Refund | None = None) -> feed_pb2.PaymentChange:
    """The contract's change, with the refund that it is about."""
    return feed_pb2.PaymentChange(
        sequence=numbered.sequence,
        payment=from_payment(numbered.payment),
        traceparent=numbered.payment.traceparent,
        run_id=numbered.ref_id if numbered.kind is ChangeKind.RECONCILIATION else "",
        kind=feed_pb2.PaymentChange.Kind.Value(f"KIND_{numbered.kind}"),
        ref_id=numbered.ref_id,
        refund=from_refund(refund) if refund else None,
    )


def from_manifest(channel: str, business_date: str, manifest: Manifest, max_sequence: int) -> feed_pb2.SliceManifest:
    """The contract's manifest."""
    return feed_pb2.SliceManifest(
        channel=channel,
        business_date=business_date,
        payment_count=manifest.payment_count,
        amount_sums=[from_money(money) for money in manifest.amount_sums],
        digest=manifest.digest,
        max_sequence=max_sequence,
    )
