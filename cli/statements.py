"""`bihuan statement check`, `ingest`, `fetches`: can this file be loaded, load it, and what is fetched or missing."""

import contextlib
import hashlib
import io
import json
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, BinaryIO, NamedTuple

import typer
from bihuan_client import NoAnswer
from rich.text import Text

from cli import client, show

_BLOCK_BYTES = 256 * 1024
_LARGE_BYTES = 8 * 1024 * 1024
_TRIES_MAX = 4
_PAUSE_SECONDS = 0.5
_Files = Annotated[list[Path], typer.Argument(exists=True, dir_okay=False)]
_Profile = Annotated[str, typer.Option(help="the profile that has to read it")]
_Channel = Annotated[str, typer.Option(help="the channel, for a layout that many channels use")]
_Account = Annotated[str, typer.Option(help="the account or card, of a file that does not tell it")]
_KeepEqual = Annotated[
    bool, typer.Option("--keep-equal", help="lines that nothing tells from loaded ones, such as a second fee, are new")
]
_Fetch = Annotated[str, typer.Option("--fetch", help="the fetch that the one file is for, which ends it")]
_State = Annotated[str, typer.Option(help="only in this state, such as MISSING")]
_Source = Annotated[str, typer.Option(help="only of this source")]
_Limit = Annotated[int, typer.Option(min=1, max=1000, help="how many at most")]
Moved = Callable[[int], None]


class Said(NamedTuple):
    """What is said of a file that is to be loaded; empty for what it tells."""

    channel: str = ""
    profile: str = ""
    account: str = ""
    vouched_by: str = ""  # with a reason: that lines which equal loaded ones are new
    reason: str = ""


statement = typer.Typer(no_args_is_help=True, help="Statement files of channels and banks. 对账单")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(statement, name="statement")
    app.command("ingest")(ingest)


@statement.command()
def check(
    files: _Files,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a file")] = False,
    profile: _Profile = "",
    account: _Account = "",
) -> None:
    """Read files as loading would, here and now, and tell all that is found. Nothing is stored; 1 if one is bad.

    It ends with 2, and the place, if a profile is faulty.
    """
    # The engine takes a third of a second to load, and no other command needs it.
    from cli import statement_report  # noqa: PLC0415

    good, asked = True, statement_report.Asked(profile, account_no=account)
    for path in files:
        try:
            with _bar(path) as moved:
                report = statement_report.read(path, asked, moved)
        except statement_report.NOT_READ as fault:
            typer.secho(f"cannot check: {show.plain(str(fault))}", fg="red", err=True)
            raise typer.Exit(2) from None
        good &= report.summary.loadable
        if as_json:
            sys.stdout.write(_json({**statement_report.report_json(report), "file": path.name}) + "\n")
        else:
            statement_report.show(path.name, report)
    if not good:
        raise typer.Exit(1)


@statement.command()
def ingest(
    files: _Files,
    channel: _Channel = "",
    profile: _Profile = "",
    account: _Account = "",
    fetch: _Fetch = "",
    keep_equal: _KeepEqual = False,
    by: Annotated[str, typer.Option(help="with --keep-equal: who vouches for it")] = "",
    reason: Annotated[str, typer.Option(help="with --keep-equal: why")] = "",
) -> None:
    """Load statement files, each whole or not at all."""
    if not keep_equal == bool(by) == bool(reason):
        raise typer.BadParameter("--keep-equal needs --by and --reason, and they need it")
    if fetch and len(files) > 1:
        raise typer.BadParameter("a fetch is of one file")
    gateway = client.connect()
    said = Said(channel, profile, account, by, reason)
    key = f"fetch.{fetch}" if fetch else ""
    for path in files:
        with path.open("rb") as file, _bar(path) as moved:
            loaded = ingest_file(gateway, path.name, file, said, moved=moved, key=key)
        show.console.print(statement_line(loaded), markup=False)


@statement.command()
def fetches(state: _State = "", source: _Source = "", limit: _Limit = 50) -> None:
    """List the statements that are fetched from channels, newest day first, and those that are missing. 对账单拉取"""
    query = {"state": f"STATE_{state.upper()}" if state else "", "sourceId": source, "pageSize": limit}
    found = client.connect().get("/v1/statement-fetches", **query).get("statementFetches", [])
    columns = (
        "fetch 拉取",
        "state 状态",
        "deadline 截止\nnext try 下次",
        "statement or cause 对账单或原因",
        "tries 次数",
    )
    show.console.print(show.table(f"{len(found)} fetches", columns, map(_fetch_row, found), right=1))


def ingest_file(
    gateway: client.Gateway,
    name: str,
    file: BinaryIO,
    said: Said = Said(),
    *,
    moved: Moved = lambda _: None,
    key: str = "",
) -> dict[str, Any]:
    """Load one file; the statement as the reconciler understood it. An upload that breaks off goes on where it was.

    Without a key it has one of its own. Raises Refused with line and cure, and NoAnswer.
    """
    key, start = key or str(uuid.uuid4()), 0
    about = {"fileName": name, "channel": said.channel, "profileId": said.profile, "accountNo": said.account}
    if said.vouched_by:
        about |= {"keepEqualLines": "true", "vouchedBy": said.vouched_by, "reason": said.reason}
    for tries in range(1, _TRIES_MAX + 1):
        query = {**about, "resumeFromBytes": start}
        try:
            answer = gateway.upload("/v1/statements:ingest", _from(start, file, moved), key, **query)
        except NoAnswer:
            if tries == _TRIES_MAX:
                raise
            time.sleep(_PAUSE_SECONDS * 2**tries)
            start = int(gateway.get(f"/v1/statement-uploads/{key}").get("receivedBytes", 0))
            about["fileSha256"] = _sha256(file) if start else ""
        else:
            loaded: dict[str, Any] = answer["statement"]
            return loaded
    raise AssertionError("the last try returns or raises")


def statement_line(loaded: Mapping[str, Any]) -> str:
    """A few lines of what was loaded."""
    ties = "totals tie" if all(control.get("ties") for control in loaded.get("controls", [])) else "totals differ"
    first, last = loaded.get("firstDate", loaded["businessDate"]), loaded["businessDate"]
    days = last if first == last else f"{first} to {last}"
    counts = "".join(
        f", {count} {word}"
        for count, word in ((loaded.get("knownRows", "0"), "known before"), (loaded.get("lateRows", "0"), "late"))
        if count != "0"
    )
    return show.plain(
        f"{loaded['fileName']} ({loaded['profileId']}, {loaded['encoding']}) {days}\n  "
        f"{loaded['rows'].get('booked', 0)} rows{counts}, in {show.sums(loaded.get('sumsIn', []))}, "
        f"out {show.sums(loaded.get('sumsOut', []))}, {ties}"
    )


def _fetch_row(one: Mapping[str, Any]) -> tuple[str | Text, ...]:
    """A line of the list; what a person should look at is red."""
    state = one["state"].removeprefix("STATE_") + (" late 迟到" if one.get("late") else "")
    return (
        one["fetchId"],
        Text(one["alert"], "red") if one.get("alert") else state,
        f"{show.instant(one.get('deadlineTime', ''))}\n{show.instant(one.get('nextTryTime', ''))}",
        one.get("statementId") or show.plain(f"{one.get('cause', '')} {one.get('detail', '')}".strip()),
        one.get("attempts", "0"),
    )


def _json(value: Mapping[str, Any]) -> str:
    """As people read it, though nothing that a terminal would obey is written as it is."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(sign if sign.isprintable() else json.dumps(sign)[1:-1] for sign in text)


@contextlib.contextmanager
def _bar(path: Path) -> Iterator[Moved]:
    """A bar for a file that takes a while; it goes away when it is done."""
    size = path.stat().st_size
    if size < _LARGE_BYTES:
        yield lambda _: None
        return
    with show.progress() as progress:
        task = progress.add_task(show.plain(path.name), total=size)
        yield lambda at: progress.update(task, completed=at)


def _sha256(file: BinaryIO) -> str:
    digest = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()


def _from(start: int, file: BinaryIO, moved: Moved) -> BinaryIO:
    file.seek(start)
    return io.BufferedReader(_Watched(file, moved), _BLOCK_BYTES)


class _Watched(io.RawIOBase):
    """A file that tells how far it was read. It has no way back: what broke off goes on where it was."""

    def __init__(self, file: BinaryIO, moved: Moved) -> None:
        self._file, self._moved = file, moved

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._file.read(len(buffer))
        buffer[: len(block)] = block
        self._moved(self._file.tell())
        return len(block)
