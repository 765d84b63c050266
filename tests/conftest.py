"""What every test may ask for: a real PostgreSQL, a migrated database of its own, and the spans that were ended."""

import asyncio
import contextlib
import os
import types
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import structlog
import uvicorn.server
from hypothesis import HealthCheck, settings
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from chassis import migrate
from chassis.local_postgres import LocalPostgres, local_postgres
from tests.support.templates import Templates

# The same examples every time, however slow the machine: what a run finds, the next one finds again. New ones are
# looked for with `--hypothesis-profile=search`.
settings.register_profile("search", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("suite", settings.get_profile("search"), derandomize=True)
settings.load_profile("suite")

FreshDatabase = Callable[[str], Awaitable[str]]
# What takes longest, longest first: begun last, one of them would be what everybody waits for.
_LONG = (
    "flows/test_fuzz_api.py",
    "matching/test_engines_agree.py",
    "house/test_benchmarks.py",
    "cli/test_local.py",
    "acceptance/test_killed_at_every_point.py",
    "flows/test_demo.py",
    "flows/test_rule_sets_page.py",
    "house/test_benchmarks_of_services.py",
    "acceptance/test_fault_mix.py",
    "flows/test_integrating.py",
    "gateway/test_gateway_leaks.py",
    "acceptance/test_unknown_at_recovery.py",
    "reconciler/test_run_killed.py",
    "flows/test_second_confirmation.py",
    "acceptance/test_lost_and_late_answers.py",
    "flows/test_red_letters_flow.py",
    "flows/test_one_payment.py",
    "flows/test_bulk_invoices.py",
)
# Where whole systems start, the time of a test is mostly theirs.
_OF_SYSTEMS = ("acceptance", "cli", "client", "flows")
_SYSTEM_SECONDS = 300


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first, which then take turns with all others."""
    for item in items:
        if item.path.parent.name in _OF_SYSTEMS and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_SYSTEM_SECONDS))
    items.sort(key=_place)


def _place(item: pytest.Item) -> int:
    name = f"{item.path.parent.name}/{item.path.name}"
    return _LONG.index(name) if name in _LONG else len(_LONG)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Bytes may hold a time (gzip's header does), and workers that collect one test by two names refuse to start."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def postgres() -> Iterator[LocalPostgres]:
    """One server for each test worker."""
    with local_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def templates(postgres: LocalPostgres) -> Iterator[Templates]:
    with contextlib.closing(Templates(postgres)) as made:
        yield made


@pytest.fixture
async def fresh_database(templates: Templates) -> AsyncIterator[FreshDatabase]:
    """`await fresh_database("services.payments")` is the URL of a migrated database that this test alone has."""
    made: list[str] = []

    async def fresh(package: str) -> str:
        name = f"test_{uuid.uuid4().hex}"
        made.append(name)
        return await templates.copy(package, name, migrate.upgrade)

    yield fresh
    for name in made:
        await templates.drop(name)


@pytest.fixture(scope="session", autouse=True)
def _plain_tracebacks() -> None:
    """As a service logs them: painted with every local, which is structlog's own way, one takes half a second."""
    *before, _ = structlog.get_config()["processors"]
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, renderer])


@pytest.fixture(scope="session", autouse=True)
def _brisk_uvicorn() -> Iterator[None]:
    """uvicorn looks every 100 ms whether it is told to stop and whether all have gone; half the tests stop one."""

    async def brisk_sleep(delay: float) -> None:
        await asyncio.sleep(min(delay, 0.01))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(uvicorn.server, "asyncio", types.SimpleNamespace(**{**vars(asyncio), "sleep": brisk_sleep}))
        yield


@pytest.fixture(scope="session")
def _recorder() -> InMemorySpanExporter:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    trace.set_tracer_provider(provider)
    return exporter


@pytest.fixture
def spans(_recorder: InMemorySpanExporter) -> InMemorySpanExporter:
    """The spans that this test ends; `spans.get_finished_spans()`."""
    _recorder.clear()
    return _recorder


@pytest.fixture(scope="session")
def fixtures() -> Path:
    """The folder of real files; a test that asks for it is skipped where BIHUAN_FIXTURES does not name one."""
    folder = os.environ.get("BIHUAN_FIXTURES", "")
    if not Path(folder or "/nonexistent").is_dir():
        pytest.skip("BIHUAN_FIXTURES names no folder: the real files are not on this machine")
    return Path(folder)
