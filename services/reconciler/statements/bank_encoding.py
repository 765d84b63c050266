"""In which encoding a bank wrote the words of a file whose numbers are ASCII. It never decides about money.

The formats do not say it. Each encoding of the profile is tried on the whole file, strictly and in order; bytes that
are valid GB 18030 are Chinese only if the characters are common ones, since many an 8-bit text is valid by chance.
"""

from codecs import getincrementaldecoder
from collections.abc import Iterator

from services.reconciler.statements.encoding import BOMS
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.source import Source
from services.reconciler.statements.tally import Tally

_SAMPLE = 10_000  # characters beyond ASCII, which are enough to tell
_COMMON_SHARE = 0.8


def settle_encoding(source: Source, profile: Profile, tally: Tally) -> None:
    """Set the tally's encoding; with a warning if more than one 8-bit encoding fits, of which the first is taken.

    If none fits, the encoding stays, and the first line that is not of it will say so.
    """
    if tally.encoding in BOMS:
        return
    fitting = [encoding for encoding in profile.decode.encodings if _fits(source, encoding)]
    if not fitting:
        return
    tally.encoding = fitting[0]
    if fitting[0] not in ("utf-8", "gb18030") and len(fitting) > 1:
        tally.warn("W-ENC-ASSUMED", value=", ".join(fitting))


def _fits(source: Source, encoding: str) -> bool:
    seen = common = 0
    try:
        for text in _decoded(source, encoding):
            if encoding == "gb18030" and not text.isascii() and seen < _SAMPLE:
                beyond = [character for character in text if not character.isascii()][:_SAMPLE]
                seen += len(beyond)
                common += sum(map(_is_common, beyond))
    except UnicodeDecodeError:
        return False
    return common >= seen * _COMMON_SHARE


def _decoded(source: Source, encoding: str) -> Iterator[str]:
    decoder = getincrementaldecoder(encoding)()
    for block in source.blocks():
        yield decoder.decode(block)
    yield decoder.decode(b"", final=True)


def _is_common(character: str) -> bool:
    """One of the 3,755 most used characters, or a sign, by its row in GB 2312."""
    try:
        row = character.encode("gb2312")[0]
    except UnicodeEncodeError:
        return False
    return 0xA1 <= row <= 0xA9 or 0xB0 <= row <= 0xD7
