"""chassis.config: one reading, all faults by name."""

import importlib
from dataclasses import dataclass

import pytest

from chassis import database, telemetry
from chassis.config import ConfigError, check_listen, read_config, setting


@dataclass(frozen=True, slots=True)
class _Config:
    database_url: str = setting()
    sweep_interval_seconds: float = setting(60.0, minimum=0.1)
    tries_max: int = setting(12, minimum=1)
    masked: bool = setting(default=True)


def test_what_is_set_is_read_and_the_rest_has_its_default():
    environ = {
        "BIHUAN_X_DATABASE_URL": "postgresql:///x",
        "BIHUAN_X_TRIES_MAX": "3",
        "BIHUAN_X_MASKED": "no",
        "HOME": "/",
    }

    config = read_config(_Config, "BIHUAN_X", environ)

    assert config == _Config("postgresql:///x", 60.0, 3, masked=False)


def test_every_fault_is_told_at_once_and_by_name():
    environ = {"BIHUAN_X_SWEEP_INTERVAL_SECONDS": "-5", "BIHUAN_X_TRIES_MAX": "many", "BIHUAN_X_SWEEP_INTERVAL": "5"}

    with pytest.raises(ConfigError) as raised:
        read_config(_Config, "BIHUAN_X", environ)

    assert set(raised.value.faults) == {
        "BIHUAN_X_DATABASE_URL is not set and has no default",
        "BIHUAN_X_SWEEP_INTERVAL_SECONDS must be at least 0.1, is -5.0",
        "BIHUAN_X_TRIES_MAX must be a whole number, is 'many'",
        "BIHUAN_X_SWEEP_INTERVAL is not a setting; did you mean BIHUAN_X_SWEEP_INTERVAL_SECONDS?",
    }


@dataclass(frozen=True, slots=True)
class _Service:
    database_url: str = setting(check=database.check_url)
    listen: str = setting("127.0.0.1:1", check=check_listen)
    traces: str = setting("", check=telemetry.check_sink)
    trace_sample_ratio: float = setting(1.0, minimum=0, maximum=1)
    poll_seconds: float = setting(1.0)


def test_what_only_code_can_judge_is_told_with_the_rest_and_a_password_is_not():
    environ = {
        "BIHUAN_X_DATABASE_URL": "mysql://me:hunter2@db/x",
        "BIHUAN_X_LISTEN": "127.0.0.1",
        "BIHUAN_X_TRACES": "http://collector",
        "BIHUAN_X_TRACE_SAMPLE_RATIO": "1.5",
        "BIHUAN_X_POLL_SECONDS": "nan",
    }

    with pytest.raises(ConfigError) as raised:
        read_config(_Service, "BIHUAN_X", environ)

    assert set(raised.value.faults) == {
        "BIHUAN_X_DATABASE_URL must be postgresql://user@host:port/database (it is not shown: it may hold a password)",
        "BIHUAN_X_LISTEN must be host:port, is '127.0.0.1'",
        "BIHUAN_X_TRACES must be file:<folder>, otlp:<host:port> or empty, is 'http://collector'",
        "BIHUAN_X_TRACE_SAMPLE_RATIO must be at most 1, is 1.5",
        "BIHUAN_X_POLL_SECONDS must be a number, is 'nan'",
    }


@pytest.mark.parametrize("number", ["nan", "inf", "-inf", "1e999"])
def test_a_number_that_is_none_is_refused(number: str):
    environ = {"BIHUAN_X_DATABASE_URL": "postgresql:///x", "BIHUAN_X_POLL_SECONDS": number}

    with pytest.raises(ConfigError, match=f"POLL_SECONDS must be a number, is '{number}'"):
        read_config(_Service, "BIHUAN_X", environ)


@pytest.mark.parametrize("url", ["postgresql://me@h:port/x", "postgresql://me@h", "nonsense", ""])
def test_a_url_that_names_no_database_is_refused(url: str):
    with pytest.raises(ValueError, match="must be postgresql://"):
        database.check_url(url)


@pytest.mark.parametrize("sink", ["", "file:/var/traces", "otlp:collector:4317", "otlp:[::1]:4317"])
def test_every_sink_of_the_traces_is_taken(sink: str):
    telemetry.check_sink(sink)


@pytest.mark.parametrize("address", ["127.0.0.1:0", ":8080", "[::]:50051", "localhost:65535"])
def test_every_address_of_a_server_is_taken(address: str):
    check_listen(address)


@pytest.mark.parametrize("address", ["50051", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1"])
def test_an_address_without_a_port_is_refused(address: str):
    with pytest.raises(ValueError, match="must be host:port"):
        check_listen(address)


@pytest.mark.parametrize(
    "service", ["gateway", "invoice_sync", "payments", "reconciler", "tax_sandbox", "channel_sandbox"]
)
def test_every_service_checks_where_it_listens_what_it_stores_in_and_what_it_traces(service: str):
    config = importlib.import_module(f"services.{service}.config").Config
    environ = {"X_DATABASE_URL": "?", "X_LISTEN": "?", "X_TRACES": "?", "X_TRACE_SAMPLE_RATIO": "2"}

    with pytest.raises(ConfigError) as raised:
        read_config(config, "X", environ)

    judged = {fault.split()[0] for fault in raised.value.faults if "is not set" not in fault}
    assert judged == set(environ)
