"""Stands around every call: who is suspended, how much a caller may, what is written down of it. It proves no caller.

Each of these is a part of its own; here is only the order in which they are asked.
"""

import hashlib
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from chassis.errors import Fault
from services.gateway import kinds
from services.gateway.address import Addresses, suspect_of
from services.gateway.audit import Audit, Entry, entry_of
from services.gateway.contract import Operation
from services.gateway.domain.api_key import read_authorization
from services.gateway.domain.caller import Caller
from services.gateway.domain.rate import MethodClass
from services.gateway.rates import Quota, RateLimits
from services.gateway.suspension import Origin, Suspensions

A = TypeVar("A")
_QUOTA = "bihuan.quota"
_CALLBACK = "bihuan.payments.v1.ChannelService.IngestCallback"
_DOWNLOAD = "bihuan.invoice_sync.v1.LinkService.DownloadByLink"


class Guard:
    """The order: suspension of the address, proof (elsewhere), suspension of the key, limit, audit, and the call."""

    def __init__(self, addresses: Addresses, suspensions: Suspensions, rates: RateLimits, audit: Audit) -> None:
        self._addresses = addresses
        self._suspensions = suspensions
        self._rates = rates
        self.audit = audit

    def origin_of(self, request: Request) -> Origin:
        """Where a request comes from, unless that is suspended. Raises SUSPENDED."""
        return self._unsuspended(self._addresses.of(request), request.headers.get("authorization", ""))

    def origin_behind(self, peer: str, forwarded: str, authorization: str) -> Origin:
        """The same, given the peer and the headers X-Forwarded-For and Authorization as they came."""
        return self._unsuspended(self._addresses.behind(peer, forwarded), authorization)

    async def answered(
        self,
        operation: Operation,
        request: Request,
        caller: Caller,
        origin: Origin,
        answer: Callable[[], Awaitable[Response]],
    ) -> Response:
        """The answer to a caller that was proved. Raises SUSPENDED, RATE_LIMITED, and what Audit.kept raises."""
        request.scope[_QUOTA] = await self.let_in(operation, caller, origin)
        entry = self.audit.open(request, operation.method.full_name, origin.address, mutates=kinds.mutates(operation))
        return await self.kept(entry, caller, answer)

    async def let_in(self, operation: Operation, caller: Caller, origin: Origin) -> Quota:
        """What a caller that was proved has left of its limit, after this call. Raises SUSPENDED and RATE_LIMITED."""
        self._suspensions.check_key(origin, caller.caller_id)
        return await self._rates.take(caller, kinds.method_class(operation))

    async def kept(self, entry: Entry, caller: Caller, answer: Callable[[], Awaitable[A]]) -> A:
        """The answer to a caller that was let in, once it stands in the audit. Raises what Audit.kept raises."""
        entry.caller_id, entry.operator, entry.tenant_id = caller.caller_id, caller.operator, caller.tenant_id
        return await self.audit.kept(entry, answer)

    async def again(self, request: Request, caller: Caller, answer: Callable[[], Awaitable[Response]]) -> Response:
        """The answer to a caller that watches, asked once more. Raises SUSPENDED, and what Audit.kept raises.

        A sight of unmasked data of which the record of the watch does not tell gets a record of its own.
        """
        self._suspensions.check_key(self.origin_of(request), caller.caller_id)
        entry = entry_of(request)
        assert entry is not None, "what is asked again was asked before"
        if entry.saw_unmasked:
            return await answer()
        try:
            return await self.audit.kept(entry, answer)
        except Exception:
            entry.saw_unmasked = False  # it was not shown
            raise

    def read(self, request: Request, method_class: MethodClass) -> None:
        """Let who reads an open page do so, by its address at this gateway. Raises RATE_LIMITED."""
        self.read_from(self._addresses.of(request), method_class)

    def read_from(self, address: str, method_class: MethodClass) -> None:
        """The same, given the address."""
        self._rates.take_alone(f"page:{suspect_of(address)}", method_class)

    async def called_back(
        self, account_id: str, request: Request, origin: Origin, answer: Callable[[], Awaitable[Response]]
    ) -> Response:
        """The answer to a channel's callback; of one that is refused nothing is kept, for anybody can send one."""
        # By the address alone: accounts can be made up, and each would have a limit of its own.
        self._rates.take_alone(f"callback:{suspect_of(origin.address)}", MethodClass.WRITE)
        entry = self.audit.open(request, _CALLBACK, origin.address, mutates=True)
        entry.caller_id, entry.keeps_refusals = f"channel:{account_id}", False

        async def told() -> Response:
            response = await answer()
            entry.is_refused = response.status_code >= HTTPStatus.BAD_REQUEST
            return response

        return await self.audit.kept(entry, told)

    async def opened(
        self,
        invoice_id: str,
        request: Request,
        origin: Origin,
        answer: Callable[[], Awaitable[Response]],
        *,
        whole: bool,
    ) -> Response:
        """The answer to who has a link, few a second from an address; a download, which is `whole`, is recorded."""
        self._rates.take_alone(f"link:{suspect_of(origin.address)}", MethodClass.BULK)
        entry = self.audit.open(request, _DOWNLOAD, origin.address, mutates=False)
        entry.caller_id, entry.saw_unmasked = "link", whole
        entry.name_all([invoice_id])
        return await self.audit.kept(entry, answer)

    def refused(self, raised: Exception, request: Request, origin: Origin, caller_id: str) -> None:
        """Judge a refusal."""
        entry = entry_of(request)
        path, query = request.scope["raw_path"], request.scope["query_string"]
        self.judge(raised, origin, caller_id, path, query, entry.head if entry else b"")

    def judge(
        self, raised: Exception, origin: Origin, caller_id: str, path: bytes, query: bytes, body_head: bytes
    ) -> None:
        """The same, given what was asked for and the start of the body."""
        if isinstance(raised, Fault):
            self._suspensions.judge(raised, origin, caller_id, path, b"\n".join((path, query, body_head)))

    def admit(self, caller: Caller, peer: str, forwarded: str) -> Origin:
        """Where a request of a caller that was recognised by its key comes from. Raises SUSPENDED."""
        origin = Origin(self._addresses.behind(peer, forwarded), caller.caller_id)
        self._suspensions.admit(origin)
        return origin

    def take(self, method_class: MethodClass, caller: Caller) -> Quota | None:
        """Use up a token that is held here; None when there is none, or when the audit takes nothing now."""
        if not self.audit.takes:
            return None
        return self._rates.take_held(caller, method_class)

    def finish(self, request: Request, response: Response) -> None:
        """Tell the caller what it has left of its limit, when it came so far."""
        quota: Quota | None = request.scope.get(_QUOTA)
        if quota is not None:
            response.raw_headers.extend(quota.raw_headers())

    def _unsuspended(self, address: str, authorization: str) -> Origin:
        origin = Origin(address, _claimed(authorization))
        self._suspensions.check(origin)
        return origin


def _claimed(authorization: str) -> str:
    """The key that is claimed; of another token, which names nobody before it is proved, its own mark."""
    if not authorization:
        return ""
    presented = read_authorization(authorization)
    if presented is not None:
        return presented.key_id
    return "token:" + hashlib.sha256(authorization.encode("utf-8", "replace")).hexdigest()[:16]
