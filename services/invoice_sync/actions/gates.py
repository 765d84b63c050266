"""Decides what may be taken for which route, and learns from what the calls brought. It sends nothing.

The rate budgets and breakers stand in the database, one for all replicas; how many calls are in flight is this
process's own affair.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from chassis.clock import Clock
from chassis.ids import new_id
from services.invoice_sync.actions.admission import Admission, Observation, is_for_all
from services.invoice_sync.domain import breaker, command, concurrency, rate_budget
from services.invoice_sync.domain.attempt import Outcome
from services.invoice_sync.domain.claim import EXPRESS_MARK, Claim, seller_of
from services.invoice_sync.domain.fairness import EXPRESS_LANE, share
from services.invoice_sync.domain.gate import Open, Shut, is_open
from services.invoice_sync.domain.gate_policy import GatePolicy
from services.invoice_sync.domain.hold import Hold, HoldKind, is_lifted_by, probing, raised
from services.invoice_sync.domain.route import Route
from services.invoice_sync.domain.routing import Routing
from services.invoice_sync.store import gates
from services.invoice_sync.store.gates import GateRow

# A question about an invoice is asked by key and by number; what a proof asks beside is paid for where it is asked.
CALLS_A_QUESTION = 2
# Whom our credential does not let in gets no answer to a question either.
_NOT_LET_IN = (HoldKind.LOGIN, HoldKind.CERTIFICATE)


class Gates:
    """One for the process."""

    def __init__(self, routing: Routing, policy: GatePolicy, clock: Clock, dice: Callable[[], float]) -> None:
        self._routing = routing
        self._policy = policy
        self._clock = clock
        self._dice = dice
        start = concurrency.Concurrency(policy.concurrency.start)
        self._limits: dict[str, concurrency.Concurrency] = defaultdict(lambda: start)
        self._in_flight: dict[str, int] = defaultdict(int)
        # The routes that are not as new: only these need their gate read and written after each call.
        self._watched: set[str] = set()
        self._last_lane = self._last_asked = ""

    async def admit(self, session: AsyncSession, lanes: Sequence[str], limit: int, now: datetime) -> Admission:
        """Share a batch among these lanes, as far as their gates are open and the budgets reach."""
        by_route = self._by_route(lanes)
        admission = Admission(gates=await self._lock(session, list(by_route), now))
        holds = await gates.holds_of(session, list(by_route), sorted({seller_of(lane) for lane in lanes}))
        # Only of what was looked at now: a probe of another route may still be on its way.
        self._watched -= by_route.keys()
        self._watched |= {key for key, gate in admission.gates.items() if not self._is_as_new(gate)}
        self._watched |= {hold.route_key for hold in holds}
        for no, (key, of_route) in enumerate(sorted(by_route.items())):
            part = -(-(limit - sum(quota for _, quota in admission.quotas)) // (len(by_route) - no))
            self._admit_route(admission, key, of_route, holds, part, now)
        return admission

    async def charge(self, session: AsyncSession, admission: Admission, claims: Sequence[Claim], now: datetime) -> None:
        """Take what was claimed out of the budgets, and write the probes that go with it."""
        sellers = {"", *(claim.seller_tax_id for claim in claims)}
        for key, count in Counter(claim.route.key for claim in claims).items():
            gate, opened = admission.gates[key], admission.opened[key]
            _, budget = rate_budget.take(gate.budget, count, now, self._policy.rate)
            shut = breaker.probing(gate.breaker, now, self._policy.breaker) if opened.breaker_probe else gate.breaker
            await gates.save(session, replace(gate, budget=budget, breaker=shut, last_claim_time=now))
            # A seller of whom nothing could be claimed has no probe on its way.
            probed = [hold for hold in opened.probed if hold.seller_tax_id in sellers]
            await gates.put_off(session, [probing(hold, now, self._policy.hold) for hold in probed])

    async def admit_questions(
        self, session: AsyncSession, lanes: Sequence[str], limit: int, now: datetime
    ) -> Admission:
        """Share questions about invoices among these lanes. They go by the same budget as submits, and by a route
        that fails or is held for its sends; only where our credential is not let in does one go first.
        """
        by_route = self._by_route(lanes)
        admission = Admission(gates=await self._lock(session, list(by_route), now))
        holds = await gates.holds_of(session, list(by_route), sorted({seller_of(lane) for lane in lanes}))
        self._watched |= {hold.route_key for hold in holds}
        for no, (key, of_route) in enumerate(sorted(by_route.items())):
            part = -(-(limit - sum(quota for _, quota in admission.quotas)) // (len(by_route) - no))
            calls, _ = rate_budget.take(admission.gates[key].budget, part * CALLS_A_QUESTION, now, self._policy.rate)
            shut = [hold for hold in holds if hold.route_key == key and hold.kind in _NOT_LET_IN and now >= hold.since]
            if any(hold.until is None or now < hold.until for hold in shut):
                continue
            # A bucket may be so small that it never holds what a question needs: then it asks for what there is.
            room = calls // CALLS_A_QUESTION or int(calls == self._policy.rate.burst)
            if room := min(room, 1) if shut else room:
                admission.opened[key] = Open(probed=tuple(shut))
                turn = share(of_route, self._last_asked, room)
                self._last_asked = turn.last
                admission.quotas += turn.quotas
        return admission

    async def charge_questions(
        self, session: AsyncSession, admission: Admission, claims: Sequence[Claim], now: datetime
    ) -> None:
        """Take what was claimed to be asked for out of the budgets."""
        for key, count in Counter(claim.route.key for claim in claims).items():
            gate, opened = admission.gates[key], admission.opened[key]
            await self._spend(session, gate, count * CALLS_A_QUESTION, now)
            await gates.put_off(session, [probing(hold, now, self._policy.hold) for hold in opened.probed])

    async def spend(self, session: AsyncSession, route: Route, calls: int, *, spare: bool = False) -> bool:
        """Take some calls out of a route's budget, all or none; False when it has not so many now.

        With `spare` half of the bucket stays for what is more urgent than a sweep.
        """
        now, burst = self._clock.now(), self._policy.rate.burst
        gate = (await self._lock(session, [route.key], now))[route.key]
        wanted = min(calls, burst)
        granted, _ = rate_budget.take(gate.budget, wanted + (burst - wanted) // 2 * spare, now, self._policy.rate)
        if granted < wanted + (burst - wanted) // 2 * spare:
            return False
        await self._spend(session, gate, wanted, now)
        return True

    async def learn_of_questions(self, session: AsyncSession, seen: Sequence[Observation], now: datetime) -> None:
        """See that our credential is let in again, and wait where a question was told to.

        What else shuts a gate is a matter of sends: a query service may be up behind a door that is shut.
        """
        told = [each for each in seen if each.answer.outcome is Outcome.THROTTLED and each.answer.retry_after_seconds]
        for each in told:
            gate = (await self._lock(session, [each.route.key], now))[each.route.key]
            wait = each.answer.retry_after_seconds
            budget = rate_budget.throttled(gate.budget, wait, each.begun, now, self._policy.rate)
            await gates.save(session, replace(gate, budget=budget))
            self._watched.add(each.route.key)
        await self.lift_by(session, seen, now, _NOT_LET_IN)

    async def learn(self, session: AsyncSession, seen: Sequence[Observation], now: datetime) -> None:
        """Move breakers, budgets and holds by what submits brought."""
        for each in seen:
            self._learn_concurrency(each)
        routes = {each.route.key for each in seen if each.route.key in self._watched or self._is_telling(each)}
        if not routes:
            return
        rows = await gates.lock(session, sorted(routes))
        for each in seen:
            if gate := rows.get(each.route.key):
                rows[each.route.key] = self._after(gate, each, now)
        for gate in rows.values():
            await gates.save(session, gate)
        await self.lift_by(session, seen, now)
        self._watched |= routes

    async def lift_by(
        self,
        session: AsyncSession,
        seen: Sequence[Observation],
        now: datetime,
        kinds: Collection[HoldKind] = frozenset(HoldKind),
    ) -> None:
        """Lift the holds of these kinds whose cause these calls show to be gone."""
        watched = sorted({each.route.key for each in seen} & self._watched)
        sellers = sorted({each.seller_tax_id for each in seen})
        holds = await gates.holds_of(session, watched, sellers) if watched else []
        gone = {
            hold.hold_id
            for hold in holds
            for each in seen
            if hold.kind in kinds
            and hold.route_key == each.route.key
            and hold.seller_tax_id in ("", each.seller_tax_id)
            and is_lifted_by(hold, each.answer.outcome, each.begun)
        }
        if gone:
            await gates.lift(session, sorted(gone), now)

    async def hold_by(self, session: AsyncSession, route: Route, seller_tax_id: str, wanted: command.Hold) -> None:
        """Set the hold that the machine asks for."""
        hold = raised(
            HoldKind(wanted.kind.value),
            new_id("hld"),
            route,
            seller_tax_id,
            self._clock.now(),
            self._policy.hold,
            until=wanted.until,
            code=wanted.code,
        )
        await gates.set_hold(session, hold)
        self._watched.add(route.key)

    def _by_route(self, lanes: Sequence[str]) -> dict[str, list[str]]:
        by_route: dict[str, list[str]] = defaultdict(list)
        for lane in lanes:
            by_route[self._routing.route_for(seller_of(lane)).key].append(lane)
        return by_route

    async def _spend(self, session: AsyncSession, gate: GateRow, calls: int, now: datetime) -> None:
        _, budget = rate_budget.take(gate.budget, calls, now, self._policy.rate)
        await gates.save(session, replace(gate, budget=budget))

    def expect(self, claims: Sequence[Claim]) -> None:
        """These are being sent from now on, each until it is forgotten. Only for a claim that is committed."""
        for claim in claims:
            self._in_flight[claim.route.key] += 1

    def forget(self, claims: Sequence[Claim]) -> None:
        """These are being sent no more, whatever came of them; once for each that was expected."""
        for claim in claims:
            self._in_flight[claim.route.key] -= 1

    async def _lock(self, session: AsyncSession, routes: Sequence[str], now: datetime) -> dict[str, GateRow]:
        found = await gates.lock(session, routes)
        missing = [route for route in routes if route not in found]
        for route in missing:
            await gates.make(session, route, rate_budget.full(now, self._policy.rate))
        return await gates.lock(session, routes) if missing else found

    def _admit_route(
        self, admission: Admission, key: str, lanes: list[str], holds: Sequence[Hold], limit: int, now: datetime
    ) -> None:
        gate = admission.gates[key]
        verdicts = {lane: self._verdict(lane, holds, gate, now) for lane in lanes}
        opened = {lane: verdict for lane, verdict in verdicts.items() if isinstance(verdict, Open)}
        granted, _ = rate_budget.take(gate.budget, limit, now, self._policy.rate)
        room = min(granted, limit, max(0, self._limits[key].limit - self._in_flight[key]))
        if not opened or room < 1:
            return
        first = next((lane for lane, verdict in opened.items() if is_for_all(verdict)), None)
        if first is not None:
            # One call goes first; what it brings opens the gate for the rest.
            admission.quotas.append((first, 1))
            admission.probing.add(first)
            admission.opened[key] = opened[first]
            return
        # Where one seller alone is held, one of its own goes first, and nobody else waits for that.
        probes = {seller_of(lane): lane for lane, verdict in opened.items() if verdict.probed}
        probing_lanes = list(probes.values())[:room]
        admission.opened[key] = Open(probed=tuple(hold for lane in probing_lanes for hold in opened[lane].probed))
        admission.quotas += [(lane, 1) for lane in probing_lanes]
        admission.probing.update(probing_lanes)
        others = [lane for lane in opened if seller_of(lane) not in probes]
        if others and room > len(probing_lanes):
            admission.quotas += self._shared(others, room - len(probing_lanes))

    def _verdict(self, lane: str, holds: Sequence[Hold], gate: GateRow, now: datetime) -> Open | Shut:
        seller = seller_of(lane)
        return is_open(self._routing.route_for(seller), seller, holds, gate.breaker, now)

    def _shared(self, lanes: list[str], size: int) -> list[tuple[str, int]]:
        """Each seller's lane gets its turn; what is in a hurry gets up to half, shared among its sellers."""
        hurried = [lane for lane in lanes if lane.startswith(EXPRESS_MARK)]
        others = [lane for lane in lanes if not lane.startswith(EXPRESS_MARK)]
        turn = share([*others, *([EXPRESS_LANE] if hurried else [])], self._last_lane, size)
        self._last_lane = turn.last
        quotas: list[tuple[str, int]] = []
        for lane, quota in turn.quotas:
            quotas += share(hurried, "", quota).quotas if lane == EXPRESS_LANE else [(lane, quota)]
        return quotas

    def _after(self, gate: GateRow, seen: Observation, now: datetime) -> GateRow:
        policy = self._policy
        failed = breaker.is_failure(seen.answer.outcome, seen.seconds, policy.breaker)
        moved = breaker.after(
            gate.breaker, failed=failed, begun=seen.begun, now=now, dice=self._dice(), policy=policy.breaker
        )
        if seen.answer.outcome is Outcome.THROTTLED:
            wait = seen.answer.retry_after_seconds
            budget = rate_budget.throttled(gate.budget, wait, seen.begun, now, policy.rate)
        else:
            budget = rate_budget.recovered(gate.budget, now, policy.rate)
        return replace(gate, breaker=moved, budget=budget)

    def _learn_concurrency(self, seen: Observation) -> None:
        key, policy = seen.route.key, self._policy
        failed = breaker.is_failure(seen.answer.outcome, seen.seconds, policy.breaker)
        flying = max(1, self._in_flight[key])
        limit = concurrency.after(self._limits[key], failed=failed, in_flight=flying, policy=policy.concurrency)
        self._limits[key] = limit

    def _is_telling(self, seen: Observation) -> bool:
        failed = breaker.is_failure(seen.answer.outcome, seen.seconds, self._policy.breaker)
        return failed or seen.answer.outcome is Outcome.THROTTLED

    def _is_as_new(self, gate: GateRow) -> bool:
        quiet = gate.breaker.recent_bits == 0 and gate.breaker.state is breaker.BreakerState.CLOSED
        return quiet and gate.budget.rate_micro >= self._policy.rate.rate_micro_max
