"""Runs the programs that read and write files of rows, each with a deadline. What a row says is not its business."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import structlog

from chassis.errors import Fault, Kind
from services.invoice_sync.bulk_file.refusal import refused

_FOLDER = Path(__file__).parent
_log = structlog.get_logger()
_READ_SECONDS_MAX = 60.0
# A program that dies before its first row may have been ended from outside; a file that ends it does so each time.
_READS_MAX = 2
_WRITE_SECONDS_MAX = 60.0
_LINE_BYTES_MAX = 1024 * 1024  # a row has at most 32 cells of 1,000 characters, and JSON six bytes for one


@dataclass(frozen=True, slots=True)
class FileRow:
    """One row as text; `row_no` as a spreadsheet shows it, from 1."""

    row_no: int
    cells: Sequence[str] = field(repr=False)


async def read_rows(file: IO[bytes]) -> AsyncGenerator[FileRow]:
    """The rows that have anything in them, the header first. Raises Fault BULK_FILE_REFUSED for what is no plain table.

    The file is read from its beginning. No row is to be kept before the last one came.
    """
    ends_at = asyncio.get_running_loop().time() + _READ_SECONDS_MAX
    told_rows = False
    for _ in range(_READS_MAX):
        program = await _run("read_process.py", stdin=_from_its_beginning(file))
        try:
            while line := await _line(program, ends_at):
                told = json.loads(line)
                if isinstance(told, list):
                    told_rows = True
                    yield FileRow(*told)
                elif "code" in told:
                    raise refused(told["code"], told["row"], told["column"], told["value"])
                else:
                    return
        finally:
            await _end(program)
        # It ended without a word: the file made it, which it does again, or it was ended from outside.
        _log.warning("reader ended without a word", exit_status=program.returncode)
        if told_rows:
            break
    raise refused("DAMAGED")


def _from_its_beginning(file: IO[bytes]) -> IO[bytes]:
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # seek() may stay within the buffer, of which the program knows nothing
    return file


async def _line(program: asyncio.subprocess.Process, ends_at: float) -> bytes:
    assert program.stdout is not None, "it was asked to be a pipe"
    try:
        async with asyncio.timeout_at(ends_at):
            return await program.stdout.readline()
    except TimeoutError:
        raise refused("TIME") from None


async def written(kind: str, rows: AsyncIterator[Sequence[str]]) -> bytes:
    """A file of these rows; `kind` is CSV or XLSX. Raises Fault INTERNAL when it cannot be made in time."""
    program = await _run("write_process.py", stdin=asyncio.subprocess.PIPE)
    try:
        async with asyncio.timeout(_WRITE_SECONDS_MAX):
            _, content = await asyncio.gather(_feed(program, kind, rows), _content(program))
            if await program.wait():
                raise _not_written()
    except (TimeoutError, BrokenPipeError, ConnectionResetError):
        raise _not_written() from None
    finally:
        await _end(program)
    return content


async def _feed(program: asyncio.subprocess.Process, kind: str, rows: AsyncIterator[Sequence[str]]) -> None:
    assert program.stdin is not None, "it was asked to be a pipe"
    program.stdin.write(json.dumps(kind).encode() + b"\n")
    async for row in rows:
        program.stdin.write(json.dumps(row).encode() + b"\n")
        await program.stdin.drain()
    program.stdin.close()


async def _content(program: asyncio.subprocess.Process) -> bytes:
    assert program.stdout is not None, "it was asked to be a pipe"
    return await program.stdout.read()


async def _run(name: str, stdin: int | IO[bytes]) -> asyncio.subprocess.Process:
    # Only our own programs are run; -I keeps the folder and the environment out of what they import.
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        str(_FOLDER / name),
        stdin=stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=_LINE_BYTES_MAX,
    )


async def _end(program: asyncio.subprocess.Process) -> None:
    """Nothing of it is left behind, however it was stopped."""
    if program.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            program.kill()
    await program.wait()


def _not_written() -> Fault:
    return Fault(Kind.INTERNAL, "INTERNAL", "the file of results could not be made", "结果文件生成失败")
