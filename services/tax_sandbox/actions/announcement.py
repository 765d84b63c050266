"""Planned outages, as they are told beforehand."""

from chassis.database import Sessions
from services.tax_sandbox.domain.fault import FaultName, outage_of
from services.tax_sandbox.domain.place import Place
from services.tax_sandbox.steered import Steered
from services.tax_sandbox.store.steered import Announcement, SteeredStore

_WORDS = "系统停机维护 planned maintenance"


class AnnouncementActions:
    """What steering announced, and every outage that was planned as an announced one."""

    def __init__(self, sessions: Sessions, steered: Steered) -> None:
        self._sessions = sessions
        self._steered = steered

    async def announced(self, place: Place) -> list[Announcement]:
        """What concerns a place and is not over, the earliest first."""
        async with self._sessions() as session:
            told = await SteeredStore(session).announcements()
        for plan in self._steered.plans():
            if plan.fault is FaultName.OUTAGE_ANNOUNCED and (outage := outage_of(plan)):
                told.append(Announcement(plan.place, *outage, _WORDS))
        now = self._steered.now()
        concerning = [one for one in told if one.place in ("", place) and one.ends_at > now]
        return sorted(concerning, key=lambda one: one.begins_at)
