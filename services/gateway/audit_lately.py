"""The records that this gateway wrote and that have no link yet, so that none is read for that. It stores nothing."""

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from services.gateway.domain.audit_chain import Written

_RECORDS_MAX: Final = 20_000


class Lately:
    """The records, by batch; of very many the newest."""

    def __init__(self) -> None:
        self._batches: OrderedDict[str, list[Written]] = OrderedDict()
        self._count = 0

    def add(self, batch_id: str, written: list[Written]) -> None:
        """Keep a batch."""
        self._batches[batch_id] = written
        self._count += len(written)
        while self._count > _RECORDS_MAX:
            self._count -= len(self._batches.popitem(last=False)[1])

    def find(self, batch_id: str) -> list[Written] | None:
        """A batch, if it is kept."""
        return self._batches.get(batch_id)

    def drop(self, batch_ids: Iterable[str]) -> None:
        """Forget batches that have their links."""
        for batch_id in batch_ids:
            self._count -= len(self._batches.pop(batch_id, ()))
