"""Why an invoice is not in the tax authority's system: facts in, one cause with its proof out. It reads nothing.

`rules.py` holds the order; each family of causes has a file for its rules and one in `words/` for what is said.
"""

from services.invoice_sync.domain.diagnosis.facts import Asked, Claim, Facts, Resolution
from services.invoice_sync.domain.diagnosis.rules import diagnose
from services.invoice_sync.domain.diagnosis.verdict import Action, Confidence, Verdict

__all__ = ["Action", "Asked", "Claim", "Confidence", "Facts", "Resolution", "Verdict", "diagnose"]
