"""A refusal is told in the same words by HTTP and by gRPC."""

import grpc
import pytest

from chassis.errors import Kind
from services.gateway.access import Access
from services.gateway.problems import HttpFault
from tests.support.called import called


@pytest.mark.parametrize("name", ["retry-after", "Retry-After"])
async def test_a_refusal_with_headers_reaches_who_calls_by_grpc_however_they_are_written(peer, monkeypatch, name):
    """gRPC takes no name with capitals, and tells INTERNAL without a word of ours where one is in a refusal."""

    async def refused(_self, _authorization):
        raise HttpFault(503, Kind.UNAVAILABLE, "UNAVAILABLE", "not now", "请稍后再试", {name: "5"})

    key = {"authorization": peer.plain.headers["authorization"]}
    monkeypatch.setattr(Access, "identify", refused)

    told = await called(peer.grpc_target, "bihuan.payments.v1.PaymentService.GetPayment", b"", key)
    answer = await peer.plain.get("/v1/payments/pay_1")

    assert (told.code, told.reason, told.metadata["retry-after"]) == (grpc.StatusCode.UNAVAILABLE, "UNAVAILABLE", "5")
    assert (answer.status_code, answer.json()["reason"], answer.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
