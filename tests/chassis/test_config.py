"""chassis.config: one reading, all faults by name."""

from dataclasses import dataclass

import pytest

from chassis.config import ConfigError, read_config, setting


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
