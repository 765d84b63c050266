"""A statement file read whole, so that a test can look at it: its summary and its lines in one value."""

from typing import NamedTuple

from services.reconciler.domain.line import StatementLine
from services.reconciler.domain.statement import Summary
from services.reconciler.statements import Limits, Profile, Source, load_profiles, open_statement, read_whole
from services.reconciler.statements.lines import lines_of


class Whole(NamedTuple):
    """What the engine made of a file."""

    summary: Summary
    lines: tuple[StatementLine, ...]


def read_file(raw: bytes, profiles: tuple[Profile, ...] = (), limits: Limits = Limits()) -> Whole:  # noqa: B008 - frozen
    """Raises StatementRefused unless the file is loadable."""
    return Whole(*read_whole(Source.of_bytes(raw), profiles or load_profiles(), limits))


def read_as_far(raw: bytes, profiles: tuple[Profile, ...] = (), profile_id: str = "") -> Whole:
    """With the faults in the summary. Raises StatementRefused only if nothing can be read."""
    reading = open_statement(Source.of_bytes(raw), profiles or load_profiles(), profile_id=profile_id)
    lines = tuple(line for batch in reading.batches() for line in lines_of(batch))
    return Whole(reading.summary, lines)
