"""Mutual TLS: a service talks to whom the authority vouches for and who may call, and to nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
import trustme
from bihuan.payments.v1 import payment_service_pb2, payment_service_pb2_grpc

from chassis import channel, server
from chassis.config import ConfigError
from chassis.errors import Kind, from_rpc_error
from chassis.tls import Renewal, Tls, of_environment
from cli.certificates import NAMES, inner_tls
from tests.support.eventually import eventually

SERVICE = payment_service_pb2.DESCRIPTOR.services_by_name["PaymentService"]
REQUEST = payment_service_pb2.GetPaymentRequest(payment_id="pay_1")


class _Payments(payment_service_pb2_grpc.PaymentServiceServicer):
    async def GetPayment(self, request, context):
        return payment_service_pb2.GetPaymentResponse()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> dict[str, Tls]:
    return inner_tls(tmp_path_factory.mktemp("inner"))


async def _start(monkeypatch, known: Tls, answers: _Payments | None = None) -> server.Running:
    with monkeypatch.context() as patched:
        for name in ("cert_file", "key_file", "ca_file"):
            patched.setenv(f"BIHUAN_TLS_{name.upper()}", getattr(known, name))
        add = payment_service_pb2_grpc.add_PaymentServiceServicer_to_server
        servicer = server.Servicer(SERVICE.full_name, add, answers or _Payments())
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


@pytest.fixture
def renewed(tmp_path) -> Callable[[str, str, str], Tls]:
    """Files of a name, which hold what another set of certificates has: of the authority `a` or `b`."""
    sets = {name: inner_tls(tmp_path / name) for name in "ab"}

    def put(name: str, authority: str, only: str = "cert_file key_file ca_file") -> Tls:
        folder = tmp_path / "live" / name
        folder.mkdir(parents=True, exist_ok=True)
        for field in only.split():
            # As a Secret's volume does it: there is the old file or the new one at any moment.
            (folder / "new").write_bytes(Path(getattr(sets[authority][name], field)).read_bytes())
            (folder / "new").replace(folder / field)
        return Tls(**{field: str(folder / field) for field in ("cert_file", "key_file", "ca_file")})

    return put


async def test_new_certificates_are_taken_by_servers_and_by_channels_that_are_open(monkeypatch, renewed):
    known = renewed("gateway", "a")
    running = await _start(monkeypatch, renewed("payments", "a"))
    target = f"127.0.0.1:{running.port}"
    async with channel.connect(target, [SERVICE], 20.0, known) as opened:
        payments = payment_service_pb2_grpc.PaymentServiceStub(opened)
        await payments.GetPayment(REQUEST)
        renewed("payments", "b")
        goes_on = await payments.GetPayment(REQUEST)
        of_old = await _refusal(target, known)
        renewed("gateway", "b")

        async def is_another() -> bool:
            await payments.GetPayment(REQUEST)
            return opened._ending != {} or opened._renewal._mark == known.mark()

        await eventually(is_another, timeout_seconds=30)
        answered = await payments.GetPayment(REQUEST)
    fresh = await _call(target, known)
    await running.stop()

    assert goes_on == answered == fresh == payment_service_pb2.GetPaymentResponse()
    assert of_old is Kind.UNAVAILABLE


async def test_a_call_that_is_under_way_when_certificates_are_renewed_gets_its_answer(monkeypatch, renewed):
    release, arrived = asyncio.Event(), asyncio.Event()

    class Slow(_Payments):
        async def GetPayment(self, request, context):
            arrived.set()
            await release.wait()
            return payment_service_pb2.GetPaymentResponse()

    known = renewed("gateway", "a")
    running = await _start(monkeypatch, renewed("payments", "a"), Slow())
    async with channel.connect(f"127.0.0.1:{running.port}", [SERVICE], 30.0, known) as opened:
        payments = payment_service_pb2_grpc.PaymentServiceStub(opened)
        waiting = asyncio.ensure_future(payments.GetPayment(REQUEST))
        await arrived.wait()
        renewed("payments", "b")
        renewed("gateway", "b")
        opened._looked = float("-inf")
        second = asyncio.ensure_future(payments.GetPayment(REQUEST))
        await eventually(lambda: opened._ending)
        release.set()
        answers = await asyncio.gather(waiting, second)
    await running.stop()

    assert answers == [payment_service_pb2.GetPaymentResponse()] * 2


def test_what_does_not_fit_together_is_not_taken_until_it_does(renewed):
    renewal = Renewal(renewed("payments", "a"))

    unchanged = renewal.changed()
    renewed("payments", "b", only="cert_file")
    half = renewal.changed()
    renewed("payments", "b", only="key_file ca_file")
    whole = renewal.changed()
    broken = Path(renewed("payments", "b").ca_file)
    broken.write_bytes(b"-----BEGIN")
    no_authority = renewal.changed()
    broken.unlink()
    no_file = renewal.changed()

    assert (unchanged, half, no_authority, no_file) == (None, None, None, None)
    assert whole is not None
    assert whole.cert == Path(renewed("payments", "b").cert_file).read_bytes()
