"""What is wrong with a source that is of the right form: each a sentence. It reads the files that a source names."""

import re
import ssl
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final

import asyncssh
import httpx

from services.reconciler.fetch import Stopped, read_secret, secret_faults
from services.reconciler.fetch.dated import dated, is_dated, template_faults
from services.reconciler.fetch.source import NAME, FetchSource, Https, Sftp, is_pattern
from services.reconciler.statements import load_profiles

_SOURCE_ID: Final = re.compile(r"[a-z0-9_]{1,40}")
_CHANNEL: Final = re.compile(r"[a-z0-9_]{1,32}")
_HEADER: Final = re.compile(r"[A-Za-z0-9-]{1,64}")
_HOST: Final = re.compile(r"[A-Za-z0-9.:_-]{1,253}")
_ANY_DAY: Final = date(2026, 3, 1)
_EVERY_SECONDS: Final = (5, 86_400)
_STABLE_SECONDS: Final = (0, 600)
_PORT_MAX: Final = 65_535


def source_faults(source: FetchSource) -> Iterator[str]:
    """All that is wrong with it."""
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
    if not _is_address(place.url):
        yield "url must be such as https://bills.example.com/{date}.csv, without a user"
    if not _HEADER.fullmatch(place.header):
        yield "header must be the name of a header"
    if place.digest_header and not _HEADER.fullmatch(place.digest_header):
        yield "digest_header must be the name of a header"
    yield from _secret_faults("secret_file", place.secret_file, read_secret)
    yield from _secret_faults("ca_file", place.ca_file, _read_certificates)


def _is_address(template: str) -> bool:
    """Whether a template makes an address by HTTPS, of one host and without a user."""
    faulty = any(template_faults(template))
    try:
        address = httpx.URL(template if faulty else dated(template, _ANY_DAY))
    except httpx.InvalidURL:
        return False
    host = template.partition("://")[2].partition("/")[0]
    return bool(address.scheme == "https" and address.host and not address.fragment and not set(host) & set("@{}"))


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
    if place.done_marker and (NAME not in place.done_marker or place.done_marker == NAME):
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
