"""What stands around the gRPC server for callers: health, reflection, certificate, settings, and its end."""

import asyncio
from pathlib import Path

import grpc
import pytest
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from chassis.config import ConfigError, read_config
from cli.loopback_tls import loopback_tls
from services.gateway import contract
from services.gateway.config import PREFIX, Config
from services.gateway.grpc_contract import public_pool, public_services
from tests.support.called import called

OPERATIONS = contract.load().operations
PUBLIC = {operation.method.full_name for operation in OPERATIONS}
GET = "bihuan.payments.v1.PaymentService.GetPayment"


async def test_health_needs_no_key_and_watching_it_is_not_offered(peer):
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        stub = health_pb2_grpc.HealthStub(channel)
        of_service = health_pb2.HealthCheckRequest(service="bihuan.payments.v1.PaymentService")
        answers = [await stub.Check(one, timeout=20) for one in (health_pb2.HealthCheckRequest(), of_service)]
        with pytest.raises(grpc.aio.AioRpcError) as refused:
            await stub.Watch(health_pb2.HealthCheckRequest(), timeout=20).read()

    assert [answer.status for answer in answers] == [health_pb2.HealthCheckResponse.SERVING] * 2
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED


async def test_reflection_tells_what_is_public_and_nothing_else(peer):
    asked = [
        reflection_pb2.ServerReflectionRequest(list_services=""),
        *(
            reflection_pb2.ServerReflectionRequest(file_containing_symbol=name)
            for name in (
                "bihuan.payments.v1.PaymentService",
                "bihuan.payments.v1.PaymentFeedService",
                "bihuan.payments.v1.BatchRecordPaymentsRequest",
            )
        ),
    ]
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:
        stream = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter(asked), timeout=30)
        listed, known, *unknown = [answer async for answer in stream]

    names = {one.name for one in listed.list_services_response.service}
    assert names == {*public_services(OPERATIONS), "grpc.health.v1.Health", "grpc.reflection.v1alpha.ServerReflection"}
    assert [one.WhichOneof("message_response") for one in unknown] == ["error_response"] * 2
    files = [FileDescriptorProto.FromString(one) for one in known.file_descriptor_response.file_descriptor_proto]
    told = {
        f"{file.package}.{service.name}.{method.name}"
        for file in files
        for service in file.service
        for method in service.method
    }
    assert told == {name for name in PUBLIC if name.startswith("bihuan.payments.v1.PaymentService.")}


def test_every_public_method_and_all_that_it_takes_and_gives_is_in_what_reflection_knows():
    pool = public_pool(OPERATIONS)

    for operation in OPERATIONS:
        found, known = pool.FindMethodByName(operation.method.full_name), operation.method
        assert _held(found.input_type) == _held(known.input_type)
        assert _held(found.output_type) == _held(known.output_type)
    inside = {method.full_name for service in contract.load().services for method in service.methods} - PUBLIC
    assert len(inside) > 3
    for name in inside:
        with pytest.raises(KeyError):
            pool.FindMethodByName(name)


def _held(message) -> set[str]:
    return {one.full_name for one in contract.reachable(message)}


async def test_with_a_certificate_callers_are_served_under_tls_alone(start_peer, tmp_path):
    tls = await asyncio.to_thread(loopback_tls, tmp_path / "tls")
    async with start_peer(grpc_cert_file=tls.cert_file, grpc_key_file=tls.key_file) as peer:
        key = {"authorization": peer.plain.headers["authorization"]}
        request = payment_service_pb2.GetPaymentRequest(payment_id="p")
        trusted = await asyncio.to_thread(Path(tls.ca_file).read_bytes)
        async with grpc.aio.secure_channel(peer.grpc_target, grpc.ssl_channel_credentials(trusted)) as channel:
            told = await called(channel, GET, request, key)
        plain = await called(peer.grpc_target, GET, request, key)

    assert told.code is grpc.StatusCode.OK
    assert plain.code is grpc.StatusCode.UNAVAILABLE


def test_a_certificate_without_its_key_is_refused_at_the_start(tmp_path):
    (tmp_path / "cert.pem").write_text("x")
    environ = {f"{PREFIX}_DATABASE_URL": "postgresql://u@h/d", f"{PREFIX}_GRPC_CERT_FILE": str(tmp_path / "cert.pem")}

    with pytest.raises(ConfigError, match="go together"):
        read_config(Config, PREFIX, environ)


async def test_a_gateway_that_is_told_nothing_of_it_serves_nobody_by_grpc(start_peer):
    async with start_peer(grpc_listen="") as peer:
        assert peer.gateway.outside_grpc is None
        assert (await peer.plain.get("/v1/payments/p")).status_code == 200


async def test_what_was_taken_before_the_end_has_its_answer(start_peer, upstream):
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def slow(request, context):
        reached.set()
        await go_on.wait()
        return payment_service_pb2.GetPaymentResponse()

    upstream.answers["GetPayment"] = slow
    async with start_peer() as peer, grpc.aio.insecure_channel(peer.grpc_target) as channel:
        stub = payment_service_pb2_grpc.PaymentServiceStub(channel)
        metadata = [("authorization", peer.plain.headers["authorization"])]
        call = stub.GetPayment(payment_service_pb2.GetPaymentRequest(payment_id="p"), metadata=metadata, timeout=20)
        answer = asyncio.ensure_future(call)
        await asyncio.wait_for(reached.wait(), 20)
        stopping = asyncio.create_task(peer.gateway.shut())
        await asyncio.sleep(0)
        go_on.set()
        await stopping

        assert (await answer) == payment_service_pb2.GetPaymentResponse()
