"""From the bytes of a statement file to canonical lines. It stores nothing, and knows channels only by profile."""

from services.reconciler.statements.limits import Limits
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.profile_files import ProfileInvalid, load_profiles
from services.reconciler.statements.read import read_statement
from services.reconciler.statements.refusal import StatementRefused

__all__ = ["Limits", "Profile", "ProfileInvalid", "StatementRefused", "load_profiles", "read_statement"]
