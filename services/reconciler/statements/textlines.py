"""The lines of a bank's text file without what the transmission put around them. It knows no format."""

from collections.abc import Iterator
from dataclasses import replace

from services.reconciler.statements import encoding
from services.reconciler.statements.bank_encoding import settle_encoding
from services.reconciler.statements.encoding import TextLine
from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally

_TRANSPORT = "\x01\x02\x03\x1a"  # marks around a message, and the end-of-file mark of old systems


def text_lines(source: Source, profile: Profile, tally: Tally, limits: Limits) -> Iterator[TextLine]:
    """Every line of the file, without blanks at its end; the tally is told how many there are.

    Raises StatementRefused for a byte that is not of the encoding, and for what exceeds the limits.
    """
    settle_encoding(source, profile, tally)
    count = 0
    for line in encoding.text_lines(source, tally, limits):
        if line.refused is not None:
            raise line.refused
        count = line.no
        yield replace(line, text=line.text.strip(_TRANSPORT).rstrip())
    tally.lines_total = count
