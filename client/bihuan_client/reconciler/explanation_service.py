"""Explanation service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.transport import AsyncCalls, Calls

from .explanation import Explanation


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainExceptionResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainMatchResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainPaymentResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainStatementLineResponse:
    """Why."""

    explanation: Explanation | None = None
    """Why."""


_EXPLAIN_EXCEPTION = Operation(
    name="explain_exception",
    verb="GET",
    template="/v1/exceptions/{exception_id}:explain",
    body="",
    answer=ExplainExceptionResponse,
    variables=("exception_id",),
)
_EXPLAIN_MATCH = Operation(
    name="explain_match",
    verb="GET",
    template="/v1/matches/{match_id}:explain",
    body="",
    answer=ExplainMatchResponse,
    variables=("match_id",),
)
_EXPLAIN_PAYMENT = Operation(
    name="explain_payment",
    verb="GET",
    template="/v1/payments/{payment_id}:explain",
    body="",
    answer=ExplainPaymentResponse,
    variables=("payment_id",),
)
_EXPLAIN_STATEMENT_LINE = Operation(
    name="explain_statement_line",
    verb="GET",
    template="/v1/statementLines/{line_id}:explain",
    body="",
    answer=ExplainStatementLineResponse,
    variables=("line_id",),
)


class ExplanationService(Calls):
    """Tells why rows ended where they did: which rule, by which keys, with what beside it. Blocking."""

    def explain_exception(self, exception_id: str, *, timeout_seconds: float | None = None) -> ExplainExceptionResponse:
        """Explains an exception.

        exception_id: Ours.
        """
        return self._transport.send(_EXPLAIN_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    def explain_match(self, match_id: str, *, timeout_seconds: float | None = None) -> ExplainMatchResponse:
        """Explains a match or a suggestion, by the id that ListMatches gives.

        match_id: Ours.
        """
        return self._transport.send(_EXPLAIN_MATCH, {"match_id": match_id}, "", timeout_seconds)

    def explain_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ExplainPaymentResponse:
        """Explains where a payment or a refund of the books stands, by the runs that stand. NOT_FOUND when no
        run has placed it.

        payment_id: Its id.
        """
        return self._transport.send(_EXPLAIN_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    def explain_statement_line(
        self, line_id: str, *, timeout_seconds: float | None = None
    ) -> ExplainStatementLineResponse:
        """Explains where a statement's line stands, in the same way.

        line_id: The statement's id, a dot, and the number of the line.
        """
        return self._transport.send(_EXPLAIN_STATEMENT_LINE, {"line_id": line_id}, "", timeout_seconds)


class AsyncExplanationService(AsyncCalls):
    """Tells why rows ended where they did: which rule, by which keys, with what beside it. For asyncio."""

    async def explain_exception(
        self, exception_id: str, *, timeout_seconds: float | None = None
    ) -> ExplainExceptionResponse:
        """Explains an exception.

        exception_id: Ours.
        """
        return await self._transport.send(_EXPLAIN_EXCEPTION, {"exception_id": exception_id}, "", timeout_seconds)

    async def explain_match(self, match_id: str, *, timeout_seconds: float | None = None) -> ExplainMatchResponse:
        """Explains a match or a suggestion, by the id that ListMatches gives.

        match_id: Ours.
        """
        return await self._transport.send(_EXPLAIN_MATCH, {"match_id": match_id}, "", timeout_seconds)

    async def explain_payment(self, payment_id: str, *, timeout_seconds: float | None = None) -> ExplainPaymentResponse:
        """Explains where a payment or a refund of the books stands, by the runs that stand. NOT_FOUND when no
        run has placed it.

        payment_id: Its id.
        """
        return await self._transport.send(_EXPLAIN_PAYMENT, {"payment_id": payment_id}, "", timeout_seconds)

    async def explain_statement_line(
        self, line_id: str, *, timeout_seconds: float | None = None
    ) -> ExplainStatementLineResponse:
        """Explains where a statement's line stands, in the same way.

        line_id: The statement's id, a dot, and the number of the line.
        """
        return await self._transport.send(_EXPLAIN_STATEMENT_LINE, {"line_id": line_id}, "", timeout_seconds)
