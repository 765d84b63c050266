"""From the bytes of a statement file to canonical lines. It stores nothing, and knows channels only by profile."""

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_files import ProfileInvalid, load_profiles
from services.reconciler.statements.read import Reading, check_statement, open_statement, read_whole
from services.reconciler.statements.refusal import StatementRefused
from services.reconciler.statements.source import Source

__all__ = [
    "Limits",
    "Profile",
    "ProfileInvalid",
    "Reading",
    "Source",
    "StatementRefused",
    "check_statement",
    "load_profiles",
    "open_statement",
    "read_whole",
]
