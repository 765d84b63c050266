"""proto/: the rules for contracts that buf does not know."""

import ast
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from bihuan.type.v1.error_reason_pb2 import ErrorReason
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodOptions,
)

ROOT = Path(__file__).parents[2]
CONTRACT = FileDescriptorSet.FromString((ROOT / "proto/gen/bihuan/contract.binpb").read_bytes())
OURS = [file for file in CONTRACT.file if file.package.startswith("bihuan.")]
FLOATS = {FieldDescriptorProto.TYPE_FLOAT, FieldDescriptorProto.TYPE_DOUBLE}


def test_no_field_anywhere_is_a_float():
    floats = [
        f"{message.name}.{field.name}" for message in _messages(OURS) for field in message.field if field.type in FLOATS
    ]

    assert floats == []


def test_every_request_that_creates_something_bears_a_request_id_or_says_that_it_is_not_idempotent():
    exempt = {
        "SetMerchantProfile",
        "RunSweep",
        "RecordReconciliations",
        "BatchCreatePayments",
        "BatchRecordPayments",
        "RevokeApiKey",
        "IngestStatement",
        "ImportPayments",
        "LiftHold",
        "LiftSuspension",
        "SetRateLimit",
    }
    exempt |= {"ActivateRuleSetVersion", "RetireRuleSetVersion"}
    exempt |= {"UpdateWebhookEndpoint", "ReplayWebhookDelivery", "ReplayWebhookEvents"}
    exempt |= {"RecordDeliveryReport"}  # known by its own content
    exempt |= {"CancelBill", "DismissDuplicate", "ConfirmRefund", "ConfirmPayment", "IngestCallback"}
    exempt |= {"RunParity", "ImportManualReceipt", "ReleaseManualPackage", "DecideAbandonment"}
    exempt |= {"ConfirmInvoiceRequest", "RefuseInvoiceRequest"}
    exempt |= {"MoveRedLetter", "ReviewInvoiceApplication", "WithdrawInvoiceApplication"}
    exempt |= {"UploadBulkRequest", "ReleaseBulkRequest", "CancelBulkRequest"}
    messages = {message.name: message for file in OURS for message in file.message_type}
    for file in OURS:
        for service in file.service:
            for method in service.method:
                if method.options.idempotency_level == MethodOptions.IDEMPOTENT and method.name not in exempt:
                    fields = {field.name for field in messages[f"{method.name}Request"].field}
                    assert "request_id" in fields, method.name


def test_every_reason_that_the_code_gives_stands_in_the_contract():
    known = {name.removeprefix("ERROR_REASON_") for name in ErrorReason.keys()}  # noqa: SIM118  an enum wrapper, no dict
    given = {
        reason for path in [*ROOT.glob("services/**/*.py"), *ROOT.glob("chassis/*.py")] for reason in _reasons(path)
    }

    assert given - known == set()
    assert len(given) > 5


@pytest.mark.timeout(60)
def test_the_generated_code_is_what_the_contracts_generate():
    done = subprocess.run(
        [sys.executable, ROOT / "proto/generate.py", "--check"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr


def _messages(holders: Iterable[FileDescriptorProto | DescriptorProto]) -> Iterator[DescriptorProto]:
    """Every message, those inside others too."""
    for holder in holders:
        inside = holder.message_type if isinstance(holder, FileDescriptorProto) else holder.nested_type
        yield from inside
        yield from _messages(inside)


def _reasons(path: Path) -> set[str]:
    """The second argument of each `Fault(...)`, or of a kind of it, that is a plain string in capitals."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Fault", "HttpFault") and len(node.args) > 1:
            reason = node.args[1]
            if isinstance(reason, ast.Constant) and str(reason.value).isupper():
                found.add(str(reason.value))
    return found
