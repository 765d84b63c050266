"""Answers from the main book. Queries that come at once share a statement."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chassis.batch import Batcher
from chassis.database import Sessions
from services.tax_sandbox.domain import reply
from services.tax_sandbox.domain.acceptance import Record
from services.tax_sandbox.domain.fault import Occasion, Phase
from services.tax_sandbox.domain.reply import Reply
from services.tax_sandbox.domain.standing import said_by_the_book
from services.tax_sandbox.steered import Steered, Strikes
from services.tax_sandbox.store.acceptance import AcceptanceStore
from services.tax_sandbox.store.steered import SteeredStore

_IN_A_FLUSH_MAX = 256
_WAITING_MAX = 1024


@dataclass(frozen=True, slots=True)
class Query:
    """A question by number, or by a seller's key; `occasion` is what is known of the call."""

    occasion: Occasion
    number: str = ""


class QueryActions:
    """`query_days` after its issue date an invoice can no longer be asked for."""

    def __init__(self, sessions: Sessions, steered: Steered, query_days: int, sealing_seconds: float) -> None:
        self._sessions = sessions
        self._steered = steered
        self._query_days = query_days
        self._sealing_seconds = sealing_seconds
        self._queries = Batcher[Query, Reply](self.answer_queries, size_max=_IN_A_FLUSH_MAX, waiting_max=_WAITING_MAX)

    async def query_invoice(self, query: Query) -> Reply:
        """What the main book has under a number or a key."""
        return await self._queries.add(query)

    async def answer_queries(self, queries: Sequence[Query]) -> list[Reply]:
        """One transaction for all of them."""
        strikes = Strikes()
        keys = {(query.occasion.place, query.occasion.key) for query in queries if not query.number}
        numbers = {query.number for query in queries if query.number}
        try:
            async with self._sessions.begin() as session:
                store = AcceptanceStore(session)
                by_key = await store.find(keys) if keys else {}
                by_number = await store.find_by_number(numbers) if numbers else {}
                replies = [
                    self._answer(
                        query,
                        by_number.get(query.number)
                        if query.number
                        else by_key.get((query.occasion.place, query.occasion.key)),
                        strikes,
                    )
                    for query in queries
                ]
                await SteeredStore(session).count_strikes(strikes)
        except BaseException:
            self._steered.give_back(strikes)
            raise
        return replies

    def _answer(self, query: Query, record: Record | None, strikes: Strikes) -> Reply:
        occasion = query.occasion
        if record and occasion.seller_tax_id and record.acceptance.seller_tax_id != occasion.seller_tax_id:
            record = None
        if record:
            acceptance = record.acceptance
            occasion = replace(
                occasion,
                key=acceptance.idempotency_key,
                order_no=acceptance.order_no,
                seller_tax_id=acceptance.seller_tax_id,
            )
        said = said_by_the_book(
            record, occasion.place, query.number, self._steered.now(), self._query_days, self._sealing_seconds
        )
        return reply.on_its_way(said, self._steered.strike(strikes, Phase.QUERY, occasion))
