"""A TaxSystem before the real thing that it talks to, and the hand on that: what the seam's tests stand on."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from cli.loopback_tls import loopback_tls
from services.invoice_sync.domain.attempt import Outcome, TaxAnswer
from services.invoice_sync.domain.route import Route
from services.invoice_sync.tax import TaxSystem
from services.invoice_sync.tax.credential import CredentialFile
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.wire import Timeouts, trusting
from tests.support.eventually import eventually
from tests.support.nowhere import nowhere
from tests.support.tax_sandbox import ROUTE, SELLER_TAX_ID, Steering, a_document, running_tax_sandbox

KEY = "inv_0190a1"
NO_NUMBER = "26422000000000000099"


@dataclass(frozen=True, slots=True)
class Bench:
    """A system, the hand on the faults of what it talks to, and one that talks to nobody."""

    system: TaxSystem
    unreachable: TaxSystem
    # One that has the address and does not trust whoever listens there.
    distrustful: TaxSystem
    route: Route
    seller_tax_id: str
    document: bytes
    other_document: bytes
    # By name: "answer lost", "request lost", "throttled", ...; from then on, for every call.
    disturb: Callable[[str], Awaitable[None]]
    heal: Callable[[], Awaitable[None]]
    # Take back what is booked under a number by another, as somebody at the authority's portal would.
    red_flush: Callable[[str, str], Awaitable[None]]
    # Replace the credential in our file by the one that the authority wants after "key rotated".
    put_new_key: Callable[[], None]
    # Let the seller have so much a month, in minor units.
    limit: Callable[[int], Awaitable[None]]
    move_clock: Callable[[float], Awaitable[None]]
    # How often our key was submitted, and how often it stands in the main book.
    submit_count: Callable[[], Awaitable[int]]
    booked_count: Callable[[], Awaitable[int]]


SANDBOX_FAULTS = {
    "answer lost": {"fault": "DROP_AFTER_COMMIT"},
    "request lost": {"fault": "DROP_BEFORE_COMMIT"},
    "answer late": {"fault": "SLOW_ANSWER", "seconds": 3},
    "answer garbled": {"fault": "GARBLED_ANSWER"},
    "error after commit": {"fault": "HTTP_5XX_AFTER_COMMIT", "code": "502"},
    "error before commit": {"fault": "HTTP_5XX_BEFORE_COMMIT", "code": "503"},
    "own fault": {"fault": "AUTHORITY_FAULT"},
    "own fault after commit": {"fault": "AUTHORITY_FAULT_AFTER_COMMIT"},
    "closed": {"fault": "OUTAGE", "seconds": 30},
    "closed as announced": {"fault": "OUTAGE_ANNOUNCED", "seconds": 600},
    "quota used up": {"fault": "QUOTA_EXHAUSTED"},
    "credential expired": {"fault": "CREDENTIAL_EXPIRY"},
    "key rotated": {"fault": "KEY_ROTATION"},
    "malformed": {"fault": "REJECT_SYNTAX"},
    "seal fails once": {"fault": "SEAL_FAILED", "times": 1},
    "seal fails": {"fault": "SEAL_FAILED"},
    "voided": {"fault": "VOIDED_AT_PORTAL", "seconds": 0},
    "booked elsewhere": {"fault": "BOOKED_ELSEWHERE"},
    "batch answered in part": {"fault": "PARTIAL_BATCH", "order_no": "NO1", "code": "TAKEN"},
    "batch taken in part": {"fault": "PARTIAL_BATCH", "order_no": "NO1", "code": "LOST"},
    "one of the batch refused": {"fault": "REJECT_BUSINESS", "order_no": "NO1"},
    "close lost": {"fault": "LOSE_CLOSE_ANSWER", "times": 1},
    "clock ahead": {"fault": "CLOCK_SKEW", "seconds": 90},
    "throttled": {"fault": "THROTTLE", "seconds": 7},
    "refused": {"fault": "REJECT_BUSINESS", "code": "E9301"},
    "duplicate that is none": {"fault": "DUPLICATE"},
    "stuck": {"fault": "STUCK_PROCESSING"},
    "never booked": {"fault": "ACK_WITHOUT_BOOKING"},
    "booked with other content": {"fault": "BOOKED_WITH_ALTERED_AMOUNT"},
    "booked under other number": {"fault": "BOOKED_UNDER_OTHER_NUMBER"},
    "denied for a while": {"fault": "QUERY_FALSE_NEGATIVE", "seconds": 600},
    "query fails": {"fault": "QUERY_5XX"},
    "query late": {"fault": "SLOW_QUERY", "seconds": 3},
}


@contextlib.asynccontextmanager
async def sandbox_bench(fresh_database: Callable[[str], Awaitable[str]], folder: Path) -> AsyncIterator[Bench]:
    tls = loopback_tls(folder)
    trust = trusting(tls.ca_file)
    settings = {"tls_cert_file": tls.cert_file, "tls_key_file": tls.key_file, "session_seconds": 60}
    credential = folder / "credential"
    credential.write_text("first-credential\n")
    url = await fresh_database("services.tax_sandbox")
    async with running_tax_sandbox(url, verify=trust, **settings) as steering, contextlib.AsyncExitStack() as closing:
        await steering.http.post("/steering/credentials", json={"credential": "first-credential"})
        timeouts = Timeouts(connect_seconds=3, read_seconds=2, pool_seconds=3, call_seconds=10)

        def system(at: str, **how: object) -> TaxSystem:
            credentials = {"default": CredentialFile(credential)}
            made = SandboxTaxSystem(at, timeouts, credentials=credentials, **how)
            closing.push_async_callback(made.close)
            return made

        unreachable = system(f"https://127.0.0.1:{closing.enter_context(nowhere())}", trust=trust)
        systems = (system(steering.url, trust=trust), unreachable, system(steering.url))
        yield _sandbox(steering, systems, credential)


def _sandbox(steering: Steering, systems: tuple[TaxSystem, TaxSystem, TaxSystem], credential: Path) -> Bench:
    async def disturb(name: str) -> None:
        if name == "key rotated":
            await steering.http.post("/steering/credentials", json={"credential": "second-credential"})
        await steering.plan(**SANDBOX_FAULTS[name])

    async def heal() -> None:
        await steering.http.delete("/steering/faults")

    async def red_flush(number: str, red_number: str) -> None:
        path = f"/steering/invoices/{number}/red-flush"
        (await steering.http.post(path, json={"red_number": red_number})).raise_for_status()

    def put_new_key() -> None:
        credential.write_text("second-credential\n")

    async def limit(limit_minor: int) -> None:
        path = f"/steering/sellers/{SELLER_TAX_ID}/quota"
        asked = {"place": "production/42", "limit_minor": limit_minor}
        (await steering.http.post(path, json=asked)).raise_for_status()

    async def submit_count() -> int:
        return int((await steering.counts())["submits"])

    async def booked_count() -> int:
        return int((await steering.counts())["booked"])

    system, unreachable, distrustful = systems
    return Bench(
        system=system,
        unreachable=unreachable,
        distrustful=distrustful,
        route=ROUTE,
        seller_tax_id=SELLER_TAX_ID,
        document=a_document(),
        other_document=a_document(amount_minor=1),
        disturb=disturb,
        heal=heal,
        red_flush=red_flush,
        put_new_key=put_new_key,
        limit=limit,
        move_clock=steering.shift_clock,
        submit_count=submit_count,
        booked_count=booked_count,
    )


async def submitted(bench: Bench) -> TaxAnswer:
    return await bench.system.submit(bench.route, bench.document, KEY)


async def asked(bench: Bench) -> TaxAnswer:
    return await bench.system.query_by_key(bench.route, bench.seller_tax_id, KEY)


async def until(bench: Bench, outcome: Outcome) -> TaxAnswer:
    async def probe() -> TaxAnswer | None:
        answer = await asked(bench)
        return answer if answer.outcome is outcome else None

    return await eventually(probe)
