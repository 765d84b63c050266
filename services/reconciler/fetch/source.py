"""What is declared of a source of statements: whose they are, when they are there, and where. It reads nothing."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final, Literal
from zoneinfo import ZoneInfo

from services.reconciler.domain.fetch import Moment, Timetable

NAME: Final = "{name}"


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


def is_pattern(name: str) -> bool:
    """Whether a name is to be looked for."""
    return any(sign in name for sign in "*?[")


def marker_of(done_marker: str, name: str) -> str:
    """The name of the file that says that another one is whole."""
    return done_marker.replace(NAME, name)
