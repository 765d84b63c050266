"""The settings of the way to the authority."""

import pytest

from chassis.config import ConfigError, read_config
from chassis.crypto import new_key_line
from services.invoice_sync.config import Config

PREFIX = "BIHUAN_INVOICE_SYNC"


def read(tmp_path, **settings: str) -> Config:
    keys = tmp_path / "body.key"
    keys.write_text(f"{new_key_line()}\n")
    least = {"DATABASE_URL": "postgresql://u@localhost/db", "BODY_KEY_FILE": str(keys)}
    return read_config(Config, PREFIX, {f"{PREFIX}_{name}": value for name, value in (least | settings).items()})


def test_without_settings_documents_go_one_by_one_and_the_machines_store_is_trusted(tmp_path):
    config = read(tmp_path)

    assert (config.upload_mode, config.tax_ca_file, config.credential_file) == ("SINGLE", "", "")
    assert config.places == "production/11,production/42,test/11,test/42"


def test_how_far_the_query_service_reaches_is_a_setting_that_the_diagnosis_reads(tmp_path):
    assert read(tmp_path).timers().query_days == 365
    assert read(tmp_path, QUERY_DAYS="180").timers().query_days == 180


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("UPLOAD_MODE", "session"),
        ("NUMBERING", "preassigned"),
        ("PLACES", ""),
        ("PLACES", "production"),
        ("PLACES", "production/42,"),
        ("PLACES", "production/42/11"),
        ("TAX_CA_FILE", "/nonexistent/ca.pem"),
        ("CREDENTIAL_FILE", "/nonexistent/credential"),
    ],
)
def test_a_setting_that_cannot_be_is_named_at_the_start(tmp_path, name, value):
    with pytest.raises(ConfigError, match=f"{PREFIX}_{name}"):
        read(tmp_path, **{name: value})
