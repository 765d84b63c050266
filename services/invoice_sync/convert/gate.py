"""Gates, holds and probes, for the contract."""

from bihuan.invoice_sync.v1 import gate_pb2

from services.invoice_sync.convert.basics import timestamp
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.diagnosis.facts import ProbeKind, is_up
from services.invoice_sync.domain.hold import Hold
from services.invoice_sync.domain.shown import GateShown
from services.invoice_sync.store.probes import Probe


def gate_to_proto(gate: GateShown) -> gate_pb2.Gate:
    """A gate with what holds it."""
    return gate_pb2.Gate(
        route=gate.route,
        breaker_state=gate.breaker.state.value,
        breaker_open_until=timestamp(gate.breaker.open_until),
        failure_count=gate.breaker.failures,
        rate_per_minute=gate.rate_per_minute,
        waiting_count=gate.waiting_count,
        last_claim_time=timestamp(gate.last_claim_time),
        holds=[hold_to_proto(each) for each in gate.holds],
    )


def hold_to_proto(hold: Hold) -> gate_pb2.Hold:
    """A hold."""
    return gate_pb2.Hold(
        hold_id=hold.hold_id,
        kind=gate_pb2.Hold.Kind.Value(f"KIND_{hold.kind.value}"),
        route=hold.route_key,
        seller_tax_id=hold.seller_tax_id,
        reason=hold.reason,
        start_time=timestamp(hold.since),
        end_time=timestamp(hold.until),
        set_by=hold.set_by,
    )


def probe_to_proto(probe: Probe) -> gate_pb2.Probe:
    """A probe and its answer."""
    return gate_pb2.Probe(
        probe_id=probe.probe_id,
        route=probe.route,
        kind=probe.kind,
        start_time=timestamp(probe.start_time),
        duration_ms=probe.duration_ms,
        up=is_up(ProbeKind(probe.kind), Outcome(probe.outcome)),
        outcome=probe.outcome,
        http_status=probe.http_status,
        authority_code=probe.authority_code,
        message=probe.message,
        clock_offset_ms=probe.clock_offset_ms,
    )
