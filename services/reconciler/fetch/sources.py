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
        name: bill_{date:%Y%m%d}_*.csv   # * ? [ as in a shell; exactly one file may have the name
        done_marker: "{name}.ok"         # optional: the file that says that the other one is whole
        stable_seconds: 5                # without a marker: how long it must not have changed

Every mistake is told at once, by source and key. A secret's file is read at the start, and never quoted.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from services.reconciler.domain.fetch import Moment
from services.reconciler.fetch.source import FetchSource
from services.reconciler.fetch.source_faults import source_faults
from services.reconciler.typed_yaml import Readers, read_yaml

_READERS: Final[Readers] = {
    ZoneInfo: ("a time zone of the IANA database", ZoneInfo),
    Moment: ("days after the business date and a time, such as T+1 10:00", Moment.of),
    Path: ("the path of a file", Path),
}


class SourcesInvalid(ValueError):
    """The file makes no sources; the text has a line for each reason."""


@dataclass(frozen=True, slots=True)
class _File:
    sources: tuple[FetchSource, ...]


def read_sources(path: Path) -> tuple[FetchSource, ...]:
    """The sources of a file. Raises SourcesInvalid with every mistake, OSError when there is none."""
    try:
        told, unreadable = read_yaml(_File, path.read_text("utf-8"), "the file", _READERS)
        faults: list[str] = [*unreadable]
    except UnicodeDecodeError:
        told, faults = None, ["is not UTF-8"]
    sources = () if told is None else tuple(_beside(path.parent, source) for source in told.sources)
    faults = faults or [fault for source in sources for fault in source_faults(source)]
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
