"""What can be asked of the audit: one method, one span of its name. It knows no wire, and changes no record."""

from pathlib import Path

from chassis import telemetry
from chassis.database import Sessions
from services.gateway.audit_verify import Verdict, walk
from services.gateway.domain.audit_chain import Verifier
from services.gateway.domain.audit_record import AuditRecord
from services.gateway.store import audit as store
from services.gateway.store.audit import AuditFilter

# One walk ends within the time that a call has.
_RECORDS_AT_ONCE = 20_000


class AuditActions:
    """Lists and verifies. `folder` is the second place, `verify` proves the gateway's own signatures."""

    def __init__(self, sessions: Sessions, folder: Path | None, verify: Verifier | None) -> None:
        self._sessions = sessions
        self._folder = folder
        self._verify = verify

    @telemetry.traced
    async def list_audit_records(self, wanted: AuditFilter, before_id: str, limit: int) -> list[AuditRecord]:
        """Records, newest first, from before one on; before_id is empty for the first page."""
        async with self._sessions.begin() as session:
            return await store.page(session, wanted, before_id, limit)

    @telemetry.traced
    async def verify_audit(self, from_link_no: int) -> Verdict:
        """The verdict on about 20,000 records from a link on."""
        return await walk(self._sessions, self._folder, self._verify, max(1, from_link_no), _RECORDS_AT_ONCE)
