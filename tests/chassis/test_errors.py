"""chassis.errors: a fault keeps its kind, reason and words on its way through gRPC."""

import grpc
import pytest
from bihuan.type.v1.error_reason_pb2 import ErrorReason
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from chassis.errors import STATUS_OF, Fault, FieldFault, Kind, from_rpc_error, plain_fault, to_status


def _over_the_wire(fault: Fault) -> grpc.aio.AioRpcError:
    status = rpc_status.to_status(to_status(fault))
    trailing = grpc.aio.Metadata(*status.trailing_metadata)
    return grpc.aio.AioRpcError(status.code, grpc.aio.Metadata(), trailing, status.details)


def test_a_fault_arrives_as_it_was_raised():
    fault = Fault(
        Kind.INVALID,
        "INVALID_FIELD",
        "amount: must be above 0",
        "金额必须大于 0",
        fields=(FieldFault("amount", "AMOUNT_POSITIVE", "must be above 0", "必须大于 0"),),
        metadata={"limit": "0"},
        retry_after_seconds=7,
    )

    arrived = from_rpc_error(_over_the_wire(fault))

    assert vars(arrived) == vars(fault)


@pytest.mark.parametrize("kind", Kind)
def test_every_kind_has_a_status_and_comes_back_from_it(kind: Kind):
    assert from_rpc_error(_over_the_wire(Fault(kind, "NOT_FOUND", "a", "b"))).kind is kind
    assert set(STATUS_OF) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_plain_fault_calls_itself_internal_only_where_its_status_does(kind: Kind):
    fault = plain_fault(kind)

    assert (fault.reason == "INTERNAL") == (fault.kind is Kind.INTERNAL)
    assert fault.kind in (kind, Kind.INTERNAL)


@pytest.mark.parametrize("kind", Kind)
def test_every_plain_fault_has_a_reason_of_the_contract(kind: Kind):
    assert f"ERROR_REASON_{plain_fault(kind).reason}" in ErrorReason.keys()  # noqa: SIM118  an enum wrapper, no dict


def test_a_status_that_is_not_ours_gets_plain_words_and_no_more():
    error = grpc.aio.AioRpcError(
        grpc.StatusCode.UNAVAILABLE, grpc.aio.Metadata(), grpc.aio.Metadata(), "10.0.0.7:5432 refused"
    )

    fault = from_rpc_error(error)

    assert (fault.kind, fault.reason) == (Kind.UNAVAILABLE, "UNAVAILABLE")
    assert "10.0.0.7" not in fault.message


def test_a_fault_of_many_fields_still_fits_into_the_trailers_of_an_answer():
    fields = tuple(
        FieldFault(f"parts[{n}].amount.currency_code", "RULE", "must be this " * 9, "必须" * 30) for n in range(999)
    )
    sentences = "; ".join(field.message for field in fields), "；".join(field.message_zh for field in fields)

    status = to_status(Fault(Kind.INVALID, "INVALID_FIELD", *sentences, fields=fields))

    assert status.ByteSize() < 7_000
    assert status.message.endswith("…")
    bad = error_details_pb2.BadRequest()
    assert status.details[-1].Unpack(bad)
    assert [one.field for one in bad.field_violations[:2]] == [field.field for field in fields[:2]]
    assert len(bad.field_violations) >= 5
