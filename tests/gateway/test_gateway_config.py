"""Settings of the gateway that fit only together."""

import pytest

from chassis.config import ConfigError, read_config
from services.gateway.config import PREFIX, Config


@pytest.mark.parametrize(("call", "upload"), [("60", "10"), ("10", "60")])
def test_a_lost_record_is_looked_for_only_when_no_call_can_be_under_way_any_more(call, upload):
    environ = {
        f"{PREFIX}_DATABASE_URL": "postgresql://u@localhost/d",
        f"{PREFIX}_CALL_TIMEOUT_SECONDS": call,
        f"{PREFIX}_UPLOAD_TIMEOUT_SECONDS": upload,
    }

    config = read_config(Config, PREFIX, environ | {f"{PREFIX}_AUDIT_FOUND_AFTER_SECONDS": "60.1"})
    with pytest.raises(ConfigError, match="AUDIT_FOUND_AFTER_SECONDS must be more than"):
        read_config(Config, PREFIX, environ | {f"{PREFIX}_AUDIT_FOUND_AFTER_SECONDS": "60"})

    assert config.audit_found_after_seconds == 60.1
