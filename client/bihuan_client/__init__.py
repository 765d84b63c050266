"""A typed client of Bihuan: `Client` and `AsyncClient`, what they raise, and how they repeat."""

from .basics import ErrorReason, Money
from .calls import new_key
from .client import AsyncClient, Client
from .faults import (
    BihuanError,
    Conflict,
    Denied,
    FieldProblem,
    Forged,
    Invalid,
    Limited,
    NoAnswer,
    NotFound,
    Problem,
    Refused,
    Unauthenticated,
)
from .tries import Retries
from .webhooks import Delivery, verified

__all__ = [
    "AsyncClient",
    "BihuanError",
    "Client",
    "Conflict",
    "Delivery",
    "Denied",
    "ErrorReason",
    "FieldProblem",
    "Forged",
    "Invalid",
    "Limited",
    "Money",
    "NoAnswer",
    "NotFound",
    "Problem",
    "Refused",
    "Retries",
    "Unauthenticated",
    "new_key",
    "verified",
]
