"""Mutual TLS: a service talks to whom the authority vouches for and who may call, and to nobody else."""

from collections.abc import AsyncIterator
from pathlib import Path

import grpc
import pytest
import trustme
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc

from chassis import channel, server
from chassis.config import ConfigError
from chassis.errors import Kind, from_rpc_error
from chassis.tls import Tls, of_environment
from cli.certificates import NAMES, inner_tls

SERVICE = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]
REQUEST = payment_service_pb2.GetPaymentRequest(payment_id="pay_1")


class _Payments(payment_service_pb2_grpc.PaymentServiceServicer):
    async def GetPayment(self, request, context):
        return payment_service_pb2.GetPaymentResponse()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> dict[str, Tls]:
    return inner_tls(tmp_path_factory.mktemp("inner"))


async def _start(monkeypatch, known: Tls) -> server.Running:
    with monkeypatch.context() as patched:
        for name in ("cert_file", "key_file", "ca_file"):
            patched.setenv(f"BIHUAN_TLS_{name.upper()}", getattr(known, name))
        add = payment_service_pb2_grpc.add_PaymentServiceServicer_to_server
        servicer = server.Servicer(SERVICE.full_name, add, _Payments())
        return await server.start("127.0.0.1:0", [servicer], callers=("gateway", "reconciler"))


@pytest.fixture
async def payments(monkeypatch, certificates) -> AsyncIterator[str]:
    running = await _start(monkeypatch, certificates["payments"])
    yield f"127.0.0.1:{running.port}"
    await running.stop()


async def _call(target: str, known: Tls | None) -> payment_service_pb2.GetPaymentResponse:
    async with channel.connect(target, [SERVICE], 30.0, known) as opened:
        return await payment_service_pb2_grpc.PaymentServiceStub(opened).GetPayment(REQUEST, timeout=30)


async def _refusal(target: str, known: Tls | None) -> Kind:
    with pytest.raises(grpc.aio.AioRpcError) as raised:
        await _call(target, known)
    return from_rpc_error(raised.value).kind


@pytest.mark.parametrize("name", ["gateway", "reconciler"])
async def test_who_may_call_is_answered(payments, certificates, name):
    assert await _call(payments, certificates[name]) == payment_service_pb2.GetPaymentResponse()


@pytest.mark.parametrize("name", ["invoice-sync", "supervisor", "payments"])
async def test_a_service_that_may_not_call_is_refused(payments, certificates, name):
    assert await _refusal(payments, certificates[name]) is Kind.DENIED


async def test_a_caller_without_a_certificate_or_in_plain_text_is_not_listened_to(payments, certificates):
    assert await _refusal(payments, None) is Kind.UNAVAILABLE

    root = Path(certificates["gateway"].ca_file).read_bytes()  # noqa: ASYNC240  small, and nothing else runs
    named = [("grpc.ssl_target_name_override", "payments")]
    nobody = grpc.ssl_channel_credentials(root)
    async with grpc.aio.secure_channel(payments, nobody, options=named) as opened:
        with pytest.raises(grpc.aio.AioRpcError) as raised:
            await payment_service_pb2_grpc.PaymentServiceStub(opened).GetPayment(REQUEST, timeout=30)
    assert raised.value.code() is grpc.StatusCode.UNAVAILABLE


async def test_the_right_name_from_another_authority_is_not_listened_to(payments, certificates, tmp_path):
    stranger = trustme.CA().issue_cert("gateway")
    stranger.cert_chain_pems[0].write_to_path(tmp_path / "cert.pem")
    stranger.private_key_pem.write_to_path(tmp_path / "key.pem")
    known = Tls(
        cert_file=str(tmp_path / "cert.pem"),
        key_file=str(tmp_path / "key.pem"),
        ca_file=certificates["gateway"].ca_file,
    )

    assert await _refusal(payments, known) is Kind.UNAVAILABLE


async def test_a_caller_talks_to_no_service_of_another_name(monkeypatch, certificates):
    running = await _start(monkeypatch, certificates["reconciler"])
    try:
        assert await _refusal(f"127.0.0.1:{running.port}", certificates["gateway"]) is Kind.UNAVAILABLE
    finally:
        await running.stop()


def test_a_set_of_certificates_is_made_once_and_its_keys_are_ours_alone(tmp_path):
    first = inner_tls(tmp_path)
    content = Path(first["gateway"].cert_file).read_bytes()

    again = inner_tls(tmp_path)

    assert set(again) == set(NAMES)
    assert Path(again["gateway"].cert_file).read_bytes() == content
    assert all(Path(one.key_file).stat().st_mode & 0o777 == 0o600 for one in again.values())


def test_the_environment_says_all_three_files_or_none(certificates):
    known = certificates["gateway"]
    whole = {f"BIHUAN_TLS_{name}": getattr(known, name.lower()) for name in ("CERT_FILE", "KEY_FILE", "CA_FILE")}

    assert of_environment({}) is None
    assert of_environment(whole) == known
    with pytest.raises(ConfigError, match="go together"):
        of_environment(whole | {"BIHUAN_TLS_CA_FILE": ""})
    with pytest.raises(ConfigError, match="must be a file that is there"):
        of_environment(whole | {"BIHUAN_TLS_CA_FILE": "/nowhere/ca.pem"})
