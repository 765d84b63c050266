"""fetch/sources.py: what the file of sources may say, and that every mistake is told at once."""

import dataclasses
import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import asyncssh
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.config import ConfigError, read_config
from services.reconciler.config import Config
from services.reconciler.domain.fetch import Cause, Moment, Timetable
from services.reconciler.fetch import sources
from services.reconciler.fetch.dated import dated, template_faults
from services.reconciler.fetch.source import FetchSource, Https, Sftp
from services.reconciler.fetch.sources import SourcesInvalid, read_sources
from tests.support.statement_servers import certificate

SECRET = "token-7c1f0a"
TIMES = """
  tz: Asia/Shanghai
  first_date: 2026-03-01
  available_from: T+1 10:00
  deadline: T+1 12:00
  give_up: T+8 00:00
  every_seconds: 300
"""


@pytest.fixture
def folder(tmp_path):
    key = asyncssh.generate_private_key("ssh-ed25519")
    key.write_private_key(tmp_path / "id_ed25519")
    (tmp_path / "host_key").write_bytes(key.export_public_key())
    (tmp_path / "token").write_text(f"{SECRET}\n")
    certificate(tmp_path)
    return tmp_path


def written(folder, text: str):
    path = folder / "sources.yaml"
    host_key = (folder / "host_key").read_text().strip()
    path.write_text(text.replace("TIMES", TIMES.strip("\n")).replace("HOST_KEY", host_key))
    return path


def faults_of(folder, text: str) -> list[str]:
    with pytest.raises(SourcesInvalid) as raised:
        read_sources(written(folder, text))
    assert SECRET not in str(raised.value)
    return [line.removeprefix("sources.yaml: ") for line in str(raised.value).splitlines()]


GOOD = """
sources:
- id: city_water
  channel: wechat_pay
  profile_id: wechat_pay.trade
  account_no: "1900000109"
TIMES
  https:
    url: https://bills.example.com/trade/{date:%Y%m%d}.csv
    secret_file: token
    ca_file: 127.0.0.1.ca.pem
    digest_header: X-Content-Sha256
- id: bank
  channel: bank
TIMES
  sftp:
    host: sftp.bank.example
    username: reader
    host_keys: [HOST_KEY]
    key_file: id_ed25519
    directory: /out/{date:%Y%m}
    name: bill_{date:%Y%m%d}_*.csv
    done_marker: "{name}.ok"
"""


def test_a_sound_file_makes_its_sources_with_paths_beside_it(folder):
    water, bank = read_sources(written(folder, GOOD))

    assert (water.id, water.channel, water.timetable.deadline) == ("city_water", "wechat_pay", Moment.of("T+1 12:00"))
    assert water.https.secret_file == folder / "token"
    assert (bank.sftp.port, bank.sftp.key_file, bank.https) == (22, folder / "id_ed25519", None)


def test_every_mistake_is_told_at_once_by_its_source_and_key(folder):
    text = (
        GOOD.replace("id: bank", "id: city_water")
        .replace("wechat_pay.trade", "wechat_pay.trad")
        .replace("https://bills", "http://bills")
        .replace("/{date:%Y%m%d}.csv", "/bill.csv")
        .replace("secret_file: token", "secret_file: tokens")
        .replace("host: sftp.bank.example", "host: sftp.bank.example\n    port: 70000\n    stable_seconds: -1")
        .replace("HOST_KEY", "ssh-rsa nonsense")
        .replace("id_ed25519", "token")
        .replace("bill_{date:%Y%m%d}_*", "bill_{day}_*")
        .replace("{name}.ok", "done")
    )

    faults = faults_of(folder, text)

    assert faults == [
        "source city_water: profile_id wechat_pay.trad is no profile",
        "source city_water: https.url must have {date} in it",
        "source city_water: https.url must be such as https://bills.example.com/{date}.csv, without a user",
        "source city_water: https.secret_file: tokens: No such file or directory",
        "source city_water: sftp.port must be from 1 to 65535, is 70000",
        "source city_water: sftp.stable_seconds must be from 0 to 600, is -1",
        "source city_water: sftp.host_keys[0] must be a public key such as ssh-ed25519 AAAA...",
        "source city_water: sftp.key_file: token does not hold what it should",
        "source city_water: sftp.name has {day}, where only {date}, {date:%Y%m%d} and {date+1:%Y%m%d} are known",
        "source city_water: sftp.done_marker must be another name with {name} in it",
        "source city_water is there twice",
    ]


@pytest.mark.parametrize(
    ("before", "after", "fault"),
    [
        ("channel: wechat_pay", "channels: wechat_pay", "unknown key sources[0].channels, did you mean channel?"),
        ("deadline: T+1 12:00", "deadline: T+1 09:00", "available_from, deadline and give_up must follow each other"),
        ("deadline: T+1 12:00", "deadline: 12:00 next day", "sources[0].deadline must be days after the business date"),
        ("tz: Asia/Shanghai", "tz: Mars/Olympus", "sources[0].tz must be a time zone of the IANA database"),
        ("every_seconds: 300", "every_seconds: 1", "every_seconds must be from 5 to 86400, is 1"),
        ("first_date: 2026-03-01", "first_date: soon", "sources[0].first_date must be a day such as 2026-03-01"),
        ("wechat_pay.trade", "alipay.business", "profile_id alipay.business is of the channel alipay"),
        ("https://bills.", "https://me:secret@bills.", "https.url must be such as"),
        ("id: city_water", "id: City-Water", "id must be of the form"),
        ("ca_file: 127.0.0.1.ca.pem", "ca_file: token", "https.ca_file: token does not hold what it should"),
        ("key_file: id_ed25519", "port: 22", "sftp.key_file or password_file must be there, and not both"),
        ("  sftp:", "  https: {url: 'https://x.example/{date}'}\n  sftp:", "must have either https or sftp"),
        ("/out/{date:%Y%m}", "/out/{date", "directory has a brace that is alone"),
        ("name: bill", "name: in/bill", "name must be a file's name"),
    ],
)
def test_each_mistake_has_its_words(folder, before: str, after: str, fault: str):
    assert before in GOOD + TIMES

    text = GOOD.replace("TIMES", TIMES.strip("\n")).replace(before, after)

    assert any(fault in told for told in faults_of(folder, text))


@pytest.mark.parametrize("text", ["", "sources: []", "sources: 1", "[", "\x00"])
def test_what_is_no_file_of_sources_is_told(folder, text: str):
    assert faults_of(folder, text)


def test_the_service_does_not_start_with_a_bad_file(folder):
    path = written(folder, GOOD.replace("token", "nowhere"))

    with pytest.raises(ConfigError) as raised:
        read_config(Config, "BIHUAN_RECONCILER", {"BIHUAN_RECONCILER_SOURCES": str(path)})

    assert "https.secret_file: nowhere: No such file or directory" in str(raised.value)


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("bill_{date}.csv", "bill_2026-02-28.csv"),
        ("bill_{date:%Y%m%d}.csv", "bill_20260228.csv"),
        ("{date+1:%d-%m-%y}/{date:%j}", "01-03-26/059"),
    ],
)
def test_a_template_bears_the_business_date(template: str, name: str):
    assert list(template_faults(template)) == []
    assert dated(template, date(2026, 2, 28)) == name


@pytest.mark.parametrize("template", ["{date!r}", "{date:%c}", "{}", "{date.__class__}", "{date", "date}"])
def test_a_template_can_say_nothing_else(template: str):
    assert list(template_faults(template)) != []


def test_days_are_planned_from_the_first_on_as_they_fall_due_in_the_sources_zone(folder):
    timetable = read_sources(written(folder, GOOD))[0].timetable
    ten = datetime(2026, 3, 4, 2, tzinfo=UTC)  # 10:00 in Shanghai

    before = list(timetable.days_to_plan(ten - timedelta(seconds=1), set()))
    at_ten = list(timetable.days_to_plan(ten, {date(2026, 3, 2)}))

    assert before == [date(2026, 3, 1), date(2026, 3, 2)]
    assert at_ten == [date(2026, 3, 1), date(2026, 3, 3)]


def test_no_more_than_a_hundred_days_are_made_up_for(folder):
    timetable = read_sources(written(folder, GOOD))[0].timetable

    days = list(timetable.days_to_plan(datetime(2028, 1, 1, tzinfo=UTC), set()))

    assert (days[0], days[-1]) == (date(2028, 1, 1) - timedelta(days=100), date(2027, 12, 30))


@given(st.integers(1, 60), st.floats(0, 1, exclude_max=True), st.sampled_from(Cause))
def test_a_wait_never_is_longer_than_an_hour_and_patience_keeps_the_pace(failures: int, jitter: float, cause: Cause):
    timetable = _timetable()
    now = datetime(2026, 3, 2, 2, tzinfo=UTC)

    wait = (timetable.next_try_at(cause, failures, now, jitter) - now).total_seconds()

    if cause.is_patient:
        assert 150 <= wait <= 300
    else:
        assert wait == pytest.approx(jitter * min(3_600, 300 * 2**failures), abs=0.001)


def _timetable():
    moments = [Moment.of(text) for text in ("T+1 10:00", "T+1 12:00", "T+8 00:00")]
    return Timetable(ZoneInfo("Asia/Shanghai"), date(2026, 3, 1), *moments, every_seconds=300)


def test_the_form_of_the_file_is_documented_key_by_key():
    told = set(re.findall(r"^ +(?:- )?([a-z_]+):", sources.__doc__, re.MULTILINE))

    known = {field.name for kind in (FetchSource, Https, Sftp) for field in dataclasses.fields(kind)}
    assert told - {"sources"} <= known
    assert known - set(re.findall(r"[a-z_]+", sources.__doc__)) == set()
