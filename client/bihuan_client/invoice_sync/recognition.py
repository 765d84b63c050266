"""Recognition: its messages.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadName:
    """A name that was read."""

    value: str = field(default="", repr=False)
    """As read."""

    place: ReadPlace | None = None
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPlace:
    """Where in a file something stood, and how sure it is that it is what it is called."""

    source: str = ""
    """XML, OFD_DATA (its fields for programs), OFD_TEXT, PDF_TEXT or QR_CODE."""

    page: int = 0
    """The page, from 1; 0 where there is none."""

    certainty: str = ""
    """EXACT (a field of that name), LABELLED (behind its label, or at its place in a code) or LIKELY (by its
    form).
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadTaxId:
    """A tax number that was read."""

    value: str = field(default="", repr=False)
    """As read."""

    place: ReadPlace | None = None
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadValue:
    """One thing that was read."""

    value: str = ""
    """As read, in one form for all sources."""

    place: ReadPlace | None = None
    """Where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognition:
    """What was read of an invoice file: each thing with where it stood and how sure that is. 发票识别"""

    file_kind: str = ""
    """XML, OFD, PDF, PNG or JPEG."""

    file_sha256: str = ""
    """SHA-256 of the file, 64 hex digits."""

    page_count: int = 0
    """Pages of an OFD or a PDF; 0 for the others."""

    invoice_numbers: Sequence[ReadValue] = ()
    """The number: of 20 digits, or of 8 on an older invoice. 发票号码"""

    invoice_codes: Sequence[ReadValue] = ()
    """The code of an older invoice. 发票代码"""

    issue_dates: Sequence[ReadValue] = ()
    """The day on it, YYYY-MM-DD."""

    amounts: Sequence[ReadValue] = ()
    """The amount with tax, such as 123.45."""

    amounts_without_tax: Sequence[ReadValue] = ()
    """The amount without tax."""

    taxes: Sequence[ReadValue] = ()
    """The tax."""

    seller_names: Sequence[ReadName] = ()
    """The seller's name."""

    seller_tax_ids: Sequence[ReadTaxId] = ()
    """The seller's tax number."""

    buyer_names: Sequence[ReadName] = ()
    """The buyer's name."""

    buyer_tax_ids: Sequence[ReadTaxId] = ()
    """The buyer's tax number."""

    contradictions: Sequence[RecognitionContradiction] = ()
    """Where the file says different things of the same. None of them was chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecognitionContradiction:
    """A field of which the file says different things."""

    field: str = ""
    """Such as NUMBER, AMOUNT or SELLER_NAME."""

    fact: str = ""
    """What contradicts what, in English; names and tax numbers are told by their sources alone."""

    fact_zh: str = ""
    """The same in Chinese."""
