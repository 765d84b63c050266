"""The matrix, over HTTP and by gRPC: no role sees, by any method, what is of a foreign merchant or masked for it."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field

import grpc
import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from chassis.errors import STATUS_OF, Fault, Kind
from services.gateway import contract
from services.gateway.contract import Operation
from services.gateway.domain.caller import Caller, CallerKind
from services.gateway.domain.role import ONLY_OF_MERCHANTS, ONLY_OF_PLATFORM, Role
from services.gateway.masking import EVERY_KIND, kind_of
from services.gateway.policy import table
from services.gateway.scope import access_of
from tests.support.called import called
from tests.support.public_calls import messages, sample

OPERATIONS = {operation.method.full_name: operation for operation in contract.load().operations}
BEHIND = {name: one for name, one in OPERATIONS.items() if one.area != "gateway"}
TABLE = table.load()
MINE, FOREIGN = "m_mine", "m_foreign"
AMOUNTS = {MINE: 123_456_789, FOREIGN: 987_654_321}
_DEPTH_MAX = 6


@dataclass
class World:
    """Every answer with every field filled, as if all data were one merchant's; `secrets` is by method and kind."""

    merchant_id: str
    secrets: dict[str, list[tuple[int, str]]] = field(default_factory=dict)
    _texts: int = 0

    @property
    def marker(self) -> str:
        return f"of-{self.merchant_id}-"

    def install(self, upstream) -> None:
        for name, operation in BEHIND.items():
            filled = operation.answer_type()()
            self.secrets[name] = []
            self._fill(filled, name, 0)
            upstream.answers[operation.method.name] = _answering(operation, self.merchant_id, filled)

    def _fill(self, message: Message, method: str, depth: int) -> None:
        for one in message.DESCRIPTOR.fields:
            if one.message_type is not None:
                self._fill_part(message, one, method, depth)
            elif (value := self._value(one, method)) is not None:
                held = [value] if one.is_repeated else value
                getattr(message, one.name).extend(held) if one.is_repeated else setattr(message, one.name, held)

    def _fill_part(self, message: Message, one: FieldDescriptor, method: str, depth: int) -> None:
        is_map = one.message_type.GetOptions().map_entry
        if depth < _DEPTH_MAX and not is_map and not one.message_type.full_name.startswith("google."):
            part = getattr(message, one.name)
            part = part.add() if one.is_repeated else part
            part.SetInParent()
            self._fill(part, method, depth + 1)

    def _value(self, one: FieldDescriptor, method: str) -> object:
        if one.name == "merchant_id":
            return self.merchant_id
        if one.type == FieldDescriptor.TYPE_STRING:
            known = self.secrets[method]
            self._texts += 1
            text = f"{self.marker}{one.number:04}-{self._texts:06}-SECRET"
            if kind := kind_of(one):
                known.append((kind, text))
            return text
        if one.type in (FieldDescriptor.TYPE_INT64, FieldDescriptor.TYPE_INT32):
            return AMOUNTS[self.merchant_id]
        return None


def _answering(operation, merchant_id, filled):
    """Tells of the one merchant that has data; a list with a filter for another is empty, as a service's is."""

    async def answer(request, context):
        if operation.method.client_streaming:
            async for _ in request:
                pass
        elif path := access_of(operation.method).filtered:
            return filled if getattr(request, path) in ("", merchant_id) else operation.answer_type()()
        return filled

    return answer


@dataclass
class Known:
    """A caller over HTTP, and what it is."""

    caller: Caller
    headers: dict[str, str]


async def _callers(peer) -> list[Known]:
    found = []
    for role in Role:
        for merchants in ([], [MINE]):
            for sees in (False, True):
                if role in (ONLY_OF_PLATFORM if merchants else ONLY_OF_MERCHANTS) or (sees and role != "integrator"):
                    continue
                asked = {"displayName": role, "roles": [role], "merchantIds": merchants, "seesUnmasked": sees}
                made = (await peer.admin.post("/v1/apiKeys", json=asked)).json()
                caller = Caller(
                    caller_id=made["apiKey"]["keyId"],
                    kind=CallerKind.KEY,
                    roles=frozenset({role}),
                    operator=made["apiKey"]["operator"],
                    merchant_ids=frozenset(merchants),
                    sees_unmasked=sees,
                )
                headers = {"authorization": f"Bearer {made['token']}", "idempotency-key": "request-0001"}
                found.append(Known(caller, headers))
    return found


@dataclass(frozen=True)
class Told:
    """What a caller was told, as HTTP numbers it."""

    status_code: int
    text: str


_HTTP_OF = {grpc.StatusCode.OK: 200, **dict(STATUS_OF.values())}
Ask = Callable[[Known, Operation, str, bytes | None], Awaitable[Told]]


@contextlib.asynccontextmanager
async def _asking(peer, way: str) -> AsyncIterator[Ask]:
    """Asks one way or the other for the same."""

    async def over_http(known: Known, operation, path: str, body: bytes | None) -> Told:
        answer = await peer.plain.request(operation.verb, path, content=body, headers=known.headers)
        return Told(answer.status_code, answer.text)

    if way == "http":
        yield over_http
        return
    async with grpc.aio.insecure_channel(peer.grpc_target) as channel:

        async def by_grpc(known: Known, operation, path: str, body: bytes | None) -> Told:
            asked = messages(operation, path, body)
            told = await called(channel, operation.method.full_name, asked, known.headers)
            return Told(_HTTP_OF[told.code], told.text)

        yield by_grpc


def _reachable(known: Known) -> Iterator[str]:
    for name, operation in BEHIND.items():
        is_open = known.caller.is_of_platform or not access_of(operation.method).platform
        if TABLE.permits(known.caller, name) and is_open:
            yield name


@pytest.mark.timeout(120)
@pytest.mark.parametrize("way", ["http", "grpc"])
async def test_every_role_gets_its_own_and_only_the_secrets_that_it_may_see(peer, upstream, way):
    world = World(MINE)
    world.install(upstream)
    shown = hidden = given = 0
    async with _asking(peer, way) as ask:
        for known in await _callers(peer):
            reachable = set(_reachable(known))
            for name, operation in BEHIND.items():
                answer = await ask(known, operation, *sample(operation, MINE))
                case = (known.caller.roles, known.caller.merchant_ids, name, answer.text[:300])
                if name not in reachable:
                    assert answer.status_code == 403, case
                    assert world.marker not in answer.text, case
                    continue
                assert answer.status_code == 200, case
                given += str(AMOUNTS[MINE]) in answer.text
                for kind, secret in world.secrets[name]:
                    is_hidden = kind in TABLE.hidden_from(known.caller)
                    assert (secret in answer.text) != is_hidden, (*case, secret)
                    shown, hidden = shown + (not is_hidden), hidden + is_hidden
    assert given > 100
    assert shown > 50
    assert hidden > 150


@pytest.mark.timeout(120)
@pytest.mark.parametrize("way", ["http", "grpc"])
@pytest.mark.parametrize("named", [FOREIGN, MINE, ""], ids=["names the other", "names its own", "names none"])
async def test_nothing_of_a_foreign_merchant_reaches_anyone_and_nothing_is_done_to_it(peer, upstream, named, way):
    world = World(FOREIGN)
    world.install(upstream)
    scoped = [known for known in await _callers(peer) if not known.caller.is_of_platform]
    assert len(scoped) > 3
    async with _asking(peer, way) as ask:
        for known in scoped:
            for name, operation in BEHIND.items():
                path, body = sample(operation, named or "none")
                if not named and body:
                    body = body.replace(b'"merchantId":"none",', b"")
                upstream.calls.clear()
                answer = await ask(known, operation, path, body)
                case = (known.caller.roles, name, answer.status_code, answer.text[:300])
                is_narrowed = bool(access_of(operation.method).filtered)
                assert answer.status_code in (400, 403, 404) or (is_narrowed and answer.status_code == 200), case
                assert world.marker not in answer.text, case
                assert str(AMOUNTS[FOREIGN]) not in answer.text, case
                done = [request for method, request, _ in upstream.calls if method == operation.method.name]
                assert not done or _is_harmless(operation, done[0], named), (*case, done)


def _is_harmless(operation, request: Message, named: str) -> bool:
    """Whether what was asked reads alone, or was about the caller's own merchant by what it says."""
    scope = access_of(operation.method).WhichOneof("scope")
    if scope in ("merchant_of_answer", "resource_of_answer"):
        return operation.method.GetOptions().idempotency_level == operation.method.GetOptions().NO_SIDE_EFFECTS
    if operation.method.client_streaming:  # what was sent is gone by now; its header is the sample's
        return scope == "merchant_field" and named == MINE
    return scope in ("merchant_field", "filtered") and FOREIGN not in str(request) and MINE in str(request)


async def test_a_service_that_forgets_its_filter_leaks_nothing_that_names_its_merchant(peer, upstream):
    World(FOREIGN).install(upstream)
    page = upstream.answers["ListPayments"]
    known = next(one for one in await _callers(peer) if one.caller.merchant_ids)

    async def forgetful(request, context):
        request.merchant_id = ""
        return await page(request, context)

    upstream.answers["ListPayments"] = forgetful
    answer = await peer.plain.get("/v1/payments", headers=known.headers)

    assert (answer.status_code, answer.json()["reason"]) == (404, "NOT_FOUND")


async def test_what_is_anothers_and_what_is_not_there_look_alike(peer, upstream):
    known = next(one for one in await _callers(peer) if one.caller.merchant_ids)
    calls = [("GET", "/v1/payments/p", None), ("POST", "/v1/payments/p:confirm", {}), ("GET", "/v1/invoices/i", None)]
    problems = []
    World(FOREIGN).install(upstream)
    for verb, path, body in calls:
        problems.append(await peer.plain.request(verb, path, json=body, headers=known.headers))
    upstream.answers.clear()  # empty messages: nothing there
    for verb, path, body in calls:
        problems.append(await peer.plain.request(verb, path, json=body, headers=known.headers))
    upstream.answers |= dict.fromkeys(("GetPayment", "ConfirmPayment", "GetInvoice"), _not_found)
    for verb, path, body in calls:
        problems.append(await peer.plain.request(verb, path, json=body, headers=known.headers))

    assert {one.status_code for one in problems} == {404}
    assert len({str(one.json() | {"trace_id": ""}) for one in problems}) == 1


async def _not_found(request, context):
    raise Fault(Kind.NOT_FOUND, "NOT_FOUND", "there is no payment p", "没有付款 p")


async def test_what_a_service_found_before_anyone_looked_whose_it_is_is_not_told(peer, upstream):
    known = next(one for one in await _callers(peer) if one.caller.merchant_ids)

    async def ambiguous(request, context):
        said = "reference: names pay_foreign_1 and pay_foreign_2"
        raise Fault(Kind.INVALID, "INVALID_FIELD", said, said, metadata={"payment_ids": "pay_foreign_1,pay_foreign_2"})

    upstream.answers["DiagnoseInvoice"] = ambiguous
    scoped = await peer.plain.get("/v1/diagnoses/20260301-1", headers=known.headers)
    wrong = await peer.plain.get("/v1/payments/" + "p" * 65, headers=known.headers)
    whole = await peer.admin.get("/v1/diagnoses/20260301-1")

    assert (scoped.status_code, scoped.json()["reason"]) == (404, "NOT_FOUND")
    assert "foreign" not in scoped.text
    assert (wrong.status_code, wrong.json()["reason"]) == (400, "INVALID_FIELD")
    assert "pay_foreign_1" in whole.text


async def test_two_tenants_that_choose_the_same_request_id_never_meet(peer, upstream):
    tills = []
    for merchant in (MINE, FOREIGN):
        asked = {"displayName": "till", "roles": ["cashier"], "merchantIds": [merchant]}
        made = (await peer.admin.post("/v1/apiKeys", json=asked)).json()
        tills.append((merchant, {"authorization": f"Bearer {made['token']}"}))

    ids: dict[str, list[str]] = {}
    for merchant, headers in [*tills, tills[0]]:
        for method in ("RecordPayment", "BatchCreatePayments"):
            path, body = sample(OPERATIONS[f"bihuan.payments.v1.PaymentService.{method}"], merchant)
            await peer.plain.post(path, content=body, headers={**headers, "idempotency-key": "request-1"})
            request = upstream.last()
            ids.setdefault(method, []).append((request.payments[0] if method[0] == "B" else request).request_id)
    short = await peer.plain.post(path, content=body.replace(b"request-1", b"short"), headers=tills[0][1])

    for mine, foreign, again in ids.values():
        assert mine == again != foreign
    assert ids["RecordPayment"] == ids["BatchCreatePayments"], "one and the same request either way"
    assert short.status_code == 400


async def test_only_an_administrator_reaches_the_gateways_own_methods(peer):
    own = {name: one for name, one in OPERATIONS.items() if one.area == "gateway"}
    for known in await _callers(peer):
        for name, operation in own.items():
            is_open = known.caller.is_of_platform or not access_of(operation.method).platform
            if TABLE.permits(known.caller, name) and is_open:
                continue
            path = operation.public_template.replace("{", "").replace("}", "")
            body = b"{}" if operation.body else None
            answer = await peer.plain.request(operation.verb, path, content=body, headers=known.headers)
            assert answer.status_code in (400, 403), (known.caller.roles, name, answer.text)
            assert answer.status_code == 403 or not TABLE.permits(known.caller, name)


def test_each_kind_of_secret_is_hidden_from_some_role_and_shown_to_another():
    hidden = {role: TABLE.hidden_from(_of(role)) for role in Role}

    assert hidden[Role.AUDITOR] == frozenset()
    assert all(hidden[role] == EVERY_KIND for role in Role if role != Role.AUDITOR)


def _of(role: str) -> Caller:
    return Caller(caller_id="k", kind=CallerKind.KEY, roles=frozenset({role}), operator="k")
