"""Seals what an applicant said of a buyer, and opens it again. It keeps nothing."""

import json

from chassis.crypto import KeyRing
from services.invoice_sync.domain.buyer_check import Applicant


def sealed_applicant(ring: KeyRing, applicant: Applicant, place: str) -> bytes:
    """The applicant for one place: a request_id, which no other has."""
    told = [applicant.title, applicant.tax_id, applicant.email, applicant.is_natural_person]
    return ring.seal(json.dumps(told, ensure_ascii=False).encode(), _context(place))


def opened_applicant(ring: KeyRing, sealed: bytes, place: str) -> Applicant:
    """What was sealed for that place. Raises Unsealable."""
    title, tax_id, email, is_natural_person = json.loads(ring.open(sealed, _context(place)))
    return Applicant(title, tax_id, email, is_natural_person)


def _context(place: str) -> bytes:
    return f"applicant:{place}".encode()
