"""Findings, for the contract."""

from bihuan.invoice_sync.v1 import confirmation_pb2

from services.invoice_sync.domain.buyer_check import Finding


def finding_to_proto(finding: Finding) -> confirmation_pb2.CheckFinding:
    """One rule, what it found, and the cure."""
    return confirmation_pb2.CheckFinding(
        weight=confirmation_pb2.CheckFinding.Weight.Value(f"WEIGHT_{finding.weight.value}"),
        rule=finding.rule,
        field=finding.field,
        message=finding.message,
        message_zh=finding.message_zh,
        cure=finding.cure,
        cure_zh=finding.cure_zh,
    )
