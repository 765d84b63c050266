"""What steering has set, kept in memory so that no call of the protocol asks the database for it: the clock, the faults
and the credentials. It is read at the first call and follows each change; one process uses a database at a time.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from chassis.clock import Clock
from chassis.database import Sessions
from services.tax_sandbox.domain.fault import FaultName, FaultPlan, Occasion, Phase
from services.tax_sandbox.domain.fault_index import FaultIndex
from services.tax_sandbox.store.steered import Credential, SteeredStore

# How often each fault struck in one transaction, to be counted with it.
Strikes = Counter[int]


class Opening(Enum):
    """What a credential does at the gate."""

    OPENS = auto()
    UNKNOWN = auto()
    EXPIRED = auto()


class Steered:
    """The sandbox's clock, its faults and its credentials. `ready` comes before everything else."""

    def __init__(self, sessions: Sessions, clock: Clock) -> None:
        self._sessions = sessions
        self._clock = clock
        self._offset = timedelta()
        self._faults = FaultIndex()
        self._credentials: Sequence[Credential] = ()
        self._is_read = False
        self._reading = asyncio.Lock()

    async def ready(self) -> None:
        """Read what steering has set, unless it was read. Raises what the database's driver raises."""
        if self._is_read:
            return
        async with self._reading:
            if not self._is_read:
                await self._read()

    async def _read(self) -> None:
        async with self._sessions() as session:
            store = SteeredStore(session)
            self.set_offset(await store.clock_offset_seconds())
            self._faults = FaultIndex()
            for plan in await store.plans():
                self._faults.add(plan)
            self._credentials = await store.credentials()
        self._is_read = True

    def set_offset(self, offset_seconds: float) -> None:
        """Move the clock, once that is written down."""
        self._offset = timedelta(seconds=offset_seconds)

    def set_credentials(self, credentials: Sequence[Credential]) -> None:
        """Know these credentials, the newest last, once they are written down."""
        self._credentials = credentials

    def add_plan(self, plan: FaultPlan) -> None:
        """Let a fault strike from now on, once it is written down."""
        self._faults.add(plan)

    def clear_plans(self) -> None:
        """Let no fault strike any more."""
        self._faults = FaultIndex()

    def now(self) -> datetime:
        """The sandbox's clock, in UTC."""
        return self._clock.now() + self._offset

    def strike(self, strikes: Strikes, phase: Phase, occasion: Occasion) -> FaultPlan | None:
        """The first fault of a phase that falls on this and is not spent, counted as used; None when there is none."""
        plan = self._faults.first(phase, occasion)
        if plan and plan.fault_id:
            strikes[plan.fault_id] += 1
            self._faults.count(plan.fault_id, 1)
        return plan

    def look(self, phase: Phase, occasion: Occasion) -> FaultPlan | None:
        """The same without using it up."""
        return self._faults.first(phase, occasion)

    def may_strike(self, fault: FaultName, asked: Iterable[FaultPlan]) -> bool:
        """Whether a fault is planned, or among those that came with calls."""
        return self._faults.has(fault) or any(plan.fault is fault for plan in asked)

    def give_back(self, strikes: Strikes) -> None:
        """Count these as not used: their transaction was not committed."""
        for fault_id, count in strikes.items():
            self._faults.count(fault_id, -count)

    def plans(self) -> list[FaultPlan]:
        """Every fault that is planned, spent ones too, with how often each struck."""
        return self._faults.plans()

    def opening(self, authorization: str) -> Opening:
        """Whether what a call presents opens the gate. While there is no credential, none is needed."""
        if not self._credentials:
            return Opening.OPENS
        sha256 = sha256_of_credential(authorization)
        found = next((one for one in self._credentials if one.sha256 == sha256), None)
        if found is None:
            return Opening.UNKNOWN
        is_over = found.expires_at is not None and found.expires_at <= self.now()
        return Opening.EXPIRED if is_over else Opening.OPENS

    def is_newest(self, authorization: str) -> bool:
        """Whether a call presents the credential that was added last."""
        return bool(self._credentials) and self._credentials[-1].sha256 == sha256_of_credential(authorization)


def sha256_of_credential(authorization: str) -> str:
    """Of a header such as `Bearer abc`: the SHA-256 of `abc`."""
    scheme, _, credential = authorization.partition(" ")
    return hashlib.sha256(credential.strip().encode() if scheme.lower() == "bearer" else b"").hexdigest()
