"""Conditions on changes: If-Match on a call that changes one thing. It knows no operation.

What a thing is, its path tells: `POST /v1/payments/{id}:close` changes what `GET /v1/payments/{id}` shows. Where the
contract says that it has a version (`bihuan.options.v1.versioned`), the version in the tag goes along and its service
compares it in the transaction of the change. Elsewhere the thing is looked at right before the call.
"""

from collections.abc import Iterable, Mapping, Sequence

import grpc
from bihuan.options.v1 import version_pb2
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.message import Message
from starlette.requests import Request

from chassis.errors import Fault, FieldFault, Kind, from_rpc_error, plain_fault
from chassis.validation import validate
from services.gateway import clients, entity_tags, fields
from services.gateway.answer_json import to_json
from services.gateway.contract import Operation
from services.gateway.domain.caller import Caller
from services.gateway.masking import mask
from services.gateway.policy.table import Table
from services.gateway.scope import Scope, texts_at
from services.gateway.strict_json import malformed
from services.gateway.watch import can_be_watched

Metadata = Sequence[tuple[str, str]]
_NONE = ("", "0")


class Conditions:
    """Tells tags of answers, and lets calls pass whose If-Match holds."""

    def __init__(
        self, operations: Iterable[Operation], channels: Mapping[str, grpc.aio.Channel], scope: Scope, table: Table
    ) -> None:
        operations = list(operations)
        self._channels = channels
        self._scope = scope
        self._table = table
        self._get_of = gets(operations)
        self._version_at = {
            get.method.full_name: versioned_of(operation.method).answer_field
            for operation in operations
            if (get := self._get_of.get(operation.method.full_name)) and versioned_of(operation.method).answer_field
        }

    def tag(self, operation: Operation, answer: Message, content: bytes, hidden: frozenset[int]) -> str:
        """The entity tag of an answer, given as a message and as the JSON that the caller gets of it."""
        at = self._version_at.get(operation.method.full_name)
        return entity_tags.tag_of(content, hidden, "".join(texts_at(answer, at)) if at else "")

    def check(self, operation: Operation, request: Request) -> None:
        """Refuse a condition that could not be kept, before anything is read. Raises MALFORMED_REQUEST."""
        if operation.verb == "GET":
            return
        if "if-none-match" in request.headers:
            raise malformed("If-None-Match is taken by GET alone", "If-None-Match 仅用于 GET")
        if "if-match" in request.headers and operation.method.full_name not in self._get_of:
            raise malformed(
                "If-Match is not taken here: the path names no one thing that a GET shows",
                "此处不支持 If-Match：该路径不对应可查询的单个对象",
            )

    async def admit(
        self, operation: Operation, message: Message, request: Request, caller: Caller, metadata: Metadata
    ) -> None:
        """Let a change pass whose If-Match holds, or hand the version on. Raises INVALID_FIELD and VERSION_MISMATCH."""
        header = request.headers.get("if-match")
        if header is None or operation.verb == "GET":
            return
        validate(message)  # what can never be done is told as such, and not that the thing is another by now
        named = entity_tags.read("If-Match", header)
        field = versioned_of(operation.method).request_field
        if field and len(named.strong) == 1 and not named.is_any:
            _hand_on(message, field, entity_tags.version_in(next(iter(named.strong))))
            return
        tag = await self._current(operation, message, caller, metadata)
        if not entity_tags.holds(named, tag):
            raise entity_tags.mismatch()
        if field:
            _hand_on(message, field, entity_tags.version_in(tag))

    async def _current(self, operation: Operation, message: Message, caller: Caller, metadata: Metadata) -> str:
        """The tag of the thing as the caller would get it now. Raises VERSION_MISMATCH when there is none."""
        get = self._get_of[operation.method.full_name]
        if not self._table.permits(caller, get.method.full_name):
            raise plain_fault(Kind.DENIED)
        request = get.request()
        for name, variable in zip(get.variables, operation.variables, strict=True):
            fields.set_texts(request, name, texts_at(message, variable))
        try:
            answer = await self._fetched(get, request, caller, metadata)
        except Fault as fault:
            raise (entity_tags.mismatch() if fault.kind is Kind.NOT_FOUND else fault) from fault
        hidden = self._table.hidden_from(caller)
        mask(answer, hidden)
        return self.tag(get, answer, to_json(answer), hidden)

    async def _fetched(self, get: Operation, request: Message, caller: Caller, metadata: Metadata) -> Message:
        try:
            answer: Message = await clients.caller_of(self._channels[get.area], get)(request, metadata=metadata)
        except grpc.aio.AioRpcError as error:
            raise from_rpc_error(error) from error
        await self._scope.release(get, answer, caller)
        return answer


def gets(operations: Sequence[Operation]) -> dict[str, Operation]:
    """For each operation that changes one thing, by its full name, the operation that gets the thing."""
    shown = {operation.public_template: operation for operation in operations if can_be_watched(operation)}
    return {
        operation.method.full_name: get
        for operation in operations
        if operation.verb != "GET" and (get := shown.get(_thing(operation.public_template)))
    }


def versioned_of(method: MethodDescriptor) -> version_pb2.Versioned:
    """Where a method's version stands; empty where what it changes has none."""
    versioned: version_pb2.Versioned = method.GetOptions().Extensions[version_pb2.versioned]
    return versioned


def _thing(template: str) -> str:
    """The path of the thing that a path is about: without the verb behind the last colon."""
    above, slash, last = template.rpartition("/")
    return above + slash + last.partition(":")[0]


def _hand_on(message: Message, field: str, version: str) -> None:
    if version in _NONE:  # a tag that we never gave for this thing
        raise entity_tags.mismatch()
    given = "".join(texts_at(message, field))
    if given not in (*_NONE, version):
        fault = FieldFault(field, "DIFFERS", "differs from If-Match", "与 If-Match 中的版本不一致")
        raise fields.misfit([fault])
    try:
        fields.set_texts(message, field, [version])
    except Fault as fault:  # more than a version can be
        raise entity_tags.mismatch() from fault
