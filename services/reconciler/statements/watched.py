"""A source that tells how far it has been read, so that a bar can move and a clock can stop the reading."""

from collections.abc import Callable

from services.reconciler.statements.source import Source

Watch = Callable[[int], None]


class Watched(Source):
    """The same bytes; `watch` is told the furthest byte read, and may raise StatementRefused to end the reading."""

    def __init__(self, source: Source, watch: Watch) -> None:
        super().__init__(source.file, source.size, source.sha256)
        self._watch = watch
        self._reached = 0

    def read_at(self, offset: int, size: int) -> bytes:
        """As `Source.read_at`."""
        found = super().read_at(offset, size)
        self._reached = max(self._reached, offset + len(found))
        self.touch()
        return found

    def touch(self) -> None:
        """Tell it again; for those who read on from what they hold."""
        self._watch(self._reached)
