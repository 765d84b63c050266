"""Where statements are fetched from, from one YAML file. The file itself has no secret: it names the files that do.

    sources:
    - id: city_water_wechat              # a-z 0-9 _; stands in every list and log
      channel: wechat_pay                # the channel of the statements
      profile_id: wechat_pay.trade       # optional: the layout; left out, the file tells
      account_no: "1900000109"           # optional: the account that the file must be of, if it tells one
      tz: Asia/Shanghai                  # of the times below
      first_date: 2026-03-01             # the first business date that is fetched
      available_from: T+1 10:00          # of the business date T: not asked for before
      deadline: T+1 12:00                # without a file by then: STATEMENT_MISSING
      give_up: T+8 00:00                 # asked for until then, late or not
      every_seconds: 300                 # how often, while it is not there
      https:                             # or sftp, see below
        url: https://bills.example.com/trade/{date:%Y%m%d}.csv   # {date} is 2026-03-01; {date+1} the day after
        secret_file: token               # optional; paths are beside this file
        header: Authorization            # the header that bears it, behind header_prefix; these are the defaults
        header_prefix: "Bearer "
        ca_file: ca.pem                  # optional: whose certificates are believed, else those of the machine
        digest_header: X-Content-Sha256  # optional: a header with the digest of the body, in hex or base64
        digest: sha256                   # or sha1
    - id: bank_of_example
      ...
      sftp:
        host: sftp.bank.example
        port: 22
        username: reader
        host_keys: [ssh-ed25519 AAAA...] # the only keys that the server may have
        key_file: id_ed25519             # or password_file
        directory: /out/{date:%Y%m}
        name: bill_{date:%Y%m%d}_*.csv   # * and ? as in a shell; exactly one file may have the name
        done_marker: "{name}.ok"         # optional: the file that says that the other one is whole
        stable_seconds: 5                # without a marker: how long it must not have changed

Every mistake is told at once, by source and key. A secret's file is read at the start, and never quoted.
"""

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import asyncssh

from services.reconciler.domain.fetch import Moment, Timetable
from services.reconciler.fetch import Stopped, read_secret, secret_faults
from services.reconciler.fetch.dated import is_dated, template_faults
from services.reconciler.statements import load_profiles
from services.reconciler.typed_yaml import Readers, read_yaml

_SOURCE_ID: Final = re.compile(r"[a-z0-9_]{1,40}")
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,32}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_EVERY_SECONDS: Final = (5, 86_400)
_STABLE_SECONDS: Final = (0, 600)
_PORT_MAX: Final = 65_535
_NAME: Final = "{name}"
_READERS: Final[Readers] = {
    ZoneInfo: ("a time zone of the IANA database", ZoneInfo),
    Moment: ("days after the business date and a time, such as T+1 10:00", Moment.of),
    Path: ("the path of a file", Path),
}


class SourcesInvalid(ValueError):
    """The file makes no sources; the text has a line for each reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Https:
    """A file by one GET."""

    url: str
    secret_file: Path | None = None
    header: str = "Authorization"
    header_prefix: str = "Bearer "
    ca_file: Path | None = None
    digest_header: str = ""
    digest: Literal["sha1", "sha256"] = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sftp:
    """A file in a folder of an SSH server."""

    host: str
    port: int = 22
    username: str
    host_keys: tuple[str, ...]
    key_file: Path | None = None
    password_file: Path | None = None
    directory: str
    name: str
    done_marker: str = ""
    stable_seconds: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchSource:
    """One channel account's statements: whose they are, when they are there, and where."""

    id: str
    channel: str
    profile_id: str = ""
    account_no: str = ""
    tz: ZoneInfo
    first_date: date
    available_from: Moment
    deadline: Moment
    give_up: Moment
    every_seconds: int
    https: Https | None = None
    sftp: Sftp | None = None

    @property
    def timetable(self) -> Timetable:
        """When it has its files."""
        return Timetable(self.tz, self.first_date, self.available_from, self.deadline, self.give_up, self.every_seconds)


@dataclass(frozen=True, slots=True)
class _File:
    sources: tuple[FetchSource, ...]


def read_sources(path: Path) -> tuple[FetchSource, ...]:
    """The sources of a file. Raises SourcesInvalid with every mistake, OSError when there is none."""
    try:
        told, faults = read_yaml(_File, path.read_text("utf-8"), "the file", _READERS)
    except UnicodeDecodeError:
        told, faults = None, ["is not UTF-8"]
    sources = () if told is None else tuple(_beside(path.parent, source) for source in told.sources)
    faults = faults or [fault for source in sources for fault in _source_faults(source)]
    ids = [source.id for source in sources]
    faults += [f"source {name} is there twice" for name in sorted({name for name in ids if ids.count(name) > 1})]
    if faults:
        raise SourcesInvalid("\n".join(f"{path.name}: {fault}" for fault in faults))
    return sources


def check_sources_file(path: str) -> None:
    """A `check` for the setting that names the file, or is empty. Raises ValueError with every mistake."""
    if not path:
        return
    try:
        read_sources(Path(path))
    except OSError as fault:
        raise ValueError(f"cannot be read: {fault.strerror}") from None
    except SourcesInvalid as fault:
        raise ValueError(f"makes no sources:\n{fault}") from None


def is_pattern(name: str) -> bool:
    """Whether a name is to be looked for."""
    return any(sign in name for sign in "*?[")


def marker_of(done_marker: str, name: str) -> str:
    """The name of the file that says that another one is whole."""
    return done_marker.replace(_NAME, name)


def _beside(folder: Path, source: FetchSource) -> FetchSource:
    """With its paths, which the file tells as they are seen from its own folder."""

    def placed(path: Path | None) -> Path | None:
        return folder / path if path else None

    https, sftp = source.https, source.sftp
    if https:
        https = replace(https, secret_file=placed(https.secret_file), ca_file=placed(https.ca_file))
    if sftp:
        sftp = replace(sftp, key_file=placed(sftp.key_file), password_file=placed(sftp.password_file))
    return replace(source, https=https, sftp=sftp)


def _source_faults(source: FetchSource) -> Iterator[str]:
    for fault in (*_name_faults(source), *_time_faults(source), *_place_faults(source)):
        yield f"source {source.id}: {fault}"


def _name_faults(source: FetchSource) -> Iterator[str]:
    profile = next((profile for profile in load_profiles() if profile.id == source.profile_id), None)
    if not _SOURCE_ID.fullmatch(source.id):
        yield f"id must be of the form {_SOURCE_ID.pattern}"
    if not _CHANNEL.fullmatch(source.channel):
        yield f"channel must be of the form {_CHANNEL.pattern}"
    if source.profile_id and profile is None:
        yield f"profile_id {source.profile_id} is no profile"
    if profile and profile.channel not in ("", source.channel):
        yield f"profile_id {profile.id} is of the channel {profile.channel}"


def _time_faults(source: FetchSource) -> Iterator[str]:
    moments = [(moment.days, moment.at) for moment in (source.available_from, source.deadline, source.give_up)]
    if not moments[0] < moments[1] < moments[2]:
        yield "available_from, deadline and give_up must follow each other"
    yield from _range_faults("every_seconds", source.every_seconds, *_EVERY_SECONDS)


def _place_faults(source: FetchSource) -> Iterator[str]:
    if source.https:
        yield from (f"https.{fault}" for fault in _https_faults(source.https))
    if source.sftp:
        yield from (f"sftp.{fault}" for fault in _sftp_faults(source.sftp))
    if (source.https is None) == (source.sftp is None):
        yield "must have either https or sftp"


def _https_faults(place: Https) -> Iterator[str]:
    yield from _dated_faults("url", place.url)
    try:
        address = urlsplit(place.url)
        sound = address.scheme == "https" and address.hostname and not address.fragment and address.port != 0
        sound = sound and "@" not in address.netloc and "{" not in address.netloc
    except ValueError:
        sound = False
    if not sound:
        yield "url must be such as https://bills.example.com/{date}.csv, without a user"
    if not _HEADER.fullmatch(place.header):
        yield "header must be the name of a header"
    if place.digest_header and not _HEADER.fullmatch(place.digest_header):
        yield "digest_header must be the name of a header"
    yield from _secret_faults("secret_file", place.secret_file, read_secret)
    yield from _secret_faults("ca_file", place.ca_file, _read_certificates)


def _sftp_faults(place: Sftp) -> Iterator[str]:
    if not _HOST.fullmatch(place.host):
        yield "host must be a name or an address"
    yield from _range_faults("port", place.port, 1, _PORT_MAX)
    yield from _range_faults("stable_seconds", place.stable_seconds, *_STABLE_SECONDS)
    if not place.username:
        yield "username must not be empty"
    for at, key in enumerate(place.host_keys):
        try:
            asyncssh.import_public_key(key)
        except asyncssh.KeyImportError:
            yield f"host_keys[{at}] must be a public key such as ssh-ed25519 AAAA..."
    if (place.key_file is None) == (place.password_file is None):
        yield "key_file or password_file must be there, and not both"
    yield from _secret_faults("key_file", place.key_file, _read_key)
    yield from _secret_faults("password_file", place.password_file, read_secret)
    yield from _folder_faults(place)


def _folder_faults(place: Sftp) -> Iterator[str]:
    yield from (f"directory {fault}" for fault in template_faults(place.directory))
    yield from _dated_faults("name", place.name if is_dated(place.name) else f"{place.directory}/{place.name}")
    if not place.name or "/" in place.name:
        yield "name must be a file's name; the folders stand in directory"
    if is_pattern(place.directory):
        yield "directory must be one folder"
    if place.done_marker and (_NAME not in place.done_marker or place.done_marker == _NAME):
        yield "done_marker must be another name with {name} in it"


def _dated_faults(key: str, template: str) -> Iterator[str]:
    """What is wrong with what has to name the business date, or every day would bring one and the same file."""
    yield from (f"{key} {fault}" for fault in template_faults(template))
    if not is_dated(template):
        yield f"{key} must have {{date}} in it"


def _range_faults(key: str, value: int, least: int, most: int) -> Sequence[str]:
    return () if least <= value <= most else (f"{key} must be from {least} to {most}, is {value}",)


def _secret_faults(key: str, path: Path | None, read: Callable[[Path], Any]) -> Iterator[str]:
    if path is None:
        return
    try:
        read(path)
    except Stopped as stopped:
        yield f"{key}: {stopped.not_came.detail}"


def _read_key(path: Path) -> None:
    with secret_faults(path):
        asyncssh.read_private_key(path)


def _read_certificates(path: Path) -> None:
    with secret_faults(path):
        try:
            ssl.create_default_context(cafile=path)
        except ssl.SSLError:
            raise ValueError from None
