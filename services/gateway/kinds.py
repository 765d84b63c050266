"""What kind of call an operation is, by its descriptor alone: does it act, what does it cost, who waits for it."""

import functools

from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.descriptor_pb2 import MethodOptions

from services.gateway.contract import Operation
from services.gateway.domain.rate import MethodClass
from services.gateway.domain.shedding import Worth

_LIST = ("List", "Search", "Summarize")


def mutates(operation: Operation) -> bool:
    """Whether it may change something: whatever the contract does not call free of side effects."""
    return _mutates(operation.method)


def method_class(operation: Operation) -> MethodClass:
    """Under which limit it falls."""
    return _method_class(operation.method)


def worth(operation: Operation) -> Worth:
    """What is shed first and what last."""
    return _worth(operation.method)


@functools.cache
def _mutates(method: MethodDescriptor) -> bool:
    return bool(method.GetOptions().idempotency_level != MethodOptions.NO_SIDE_EFFECTS)


@functools.cache
def _method_class(method: MethodDescriptor) -> MethodClass:
    if method.client_streaming or method.name.startswith("Batch"):
        return MethodClass.BULK
    return MethodClass.WRITE if _mutates(method) else MethodClass.READ


@functools.cache
def _worth(method: MethodDescriptor) -> Worth:
    if _mutates(method):
        return Worth.DEED
    return Worth.LIST if method.name.startswith(_LIST) else Worth.READ
