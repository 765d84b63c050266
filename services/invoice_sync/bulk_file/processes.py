"""Runs the programs that read and write files of rows, each with a deadline. What a row says is not its business."""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
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
_WRITE_SECONDS_MAX = 60.0
_LINES_BYTES = 64 * 1024  # of lines that are taken together


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
    program = await _run("read_process.py", _from_its_beginning(file), subprocess.PIPE)
    try:
        while lines := await _lines(program, ends_at):
            for told in map(json.loads, lines):
                if isinstance(told, list):
                    yield FileRow(*told)
                elif "code" in told:
                    raise refused(told["code"], told["row"], told["column"], told["value"])
                else:
                    return
    finally:
        await asyncio.to_thread(_end, program)
    # It ended without a word: its limits ended it, or the library that reads workbooks did.
    _log.warning("reader ended without a word", exit_status=program.returncode)
    raise refused("DAMAGED")


async def written(kind: str, rows: AsyncIterator[Sequence[str]]) -> bytes:
    """A file of these rows; `kind` is CSV or XLSX. Raises Fault INTERNAL when it cannot be made in time."""
    with tempfile.TemporaryFile() as out:
        program = await _run("write_process.py", subprocess.PIPE, out)
        try:
            async with asyncio.timeout(_WRITE_SECONDS_MAX):
                await _feed(program, json.dumps(kind))
                async for row in rows:
                    await _feed(program, json.dumps(row))
                if await asyncio.to_thread(_finish, program):
                    raise _not_written()
        except (TimeoutError, BrokenPipeError):
            raise _not_written() from None
        finally:
            await asyncio.to_thread(_end, program)
        os.lseek(out.fileno(), 0, os.SEEK_SET)
        return await asyncio.to_thread(out.read)


async def _lines(program: "subprocess.Popen[bytes]", ends_at: float) -> list[bytes]:
    assert program.stdout is not None, "it was asked to be a pipe"
    try:
        async with asyncio.timeout_at(ends_at):
            return await asyncio.to_thread(program.stdout.readlines, _LINES_BYTES)
    except TimeoutError:
        raise refused("TIME") from None


async def _feed(program: "subprocess.Popen[bytes]", line: str) -> None:
    assert program.stdin is not None, "it was asked to be a pipe"
    await asyncio.to_thread(program.stdin.write, f"{line}\n".encode())


def _finish(program: "subprocess.Popen[bytes]") -> int:
    assert program.stdin is not None, "it was asked to be a pipe"
    program.stdin.close()
    return program.wait(_WRITE_SECONDS_MAX)


async def _run(name: str, stdin: int | IO[bytes], stdout: int | IO[bytes]) -> "subprocess.Popen[bytes]":
    # Only our own programs are run; -I keeps the folder and the environment out of what they import. Not by the event
    # loop: uvloop forks, and gRPC's threads, which it starts again in every fork, end that process before it begins.
    command = [sys.executable, "-I", str(_FOLDER / name)]
    return await asyncio.to_thread(subprocess.Popen, command, stdin=stdin, stdout=stdout, stderr=subprocess.DEVNULL)


def _from_its_beginning(file: IO[bytes]) -> IO[bytes]:
    file.flush()
    os.lseek(file.fileno(), 0, os.SEEK_SET)  # seek() may stay within the buffer, of which the program knows nothing
    return file


def _end(program: "subprocess.Popen[bytes]") -> None:
    """Nothing of it is left behind, however it was stopped."""
    if program.poll() is None:
        program.kill()
    program.wait()
    for pipe in (program.stdin, program.stdout):
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):  # what it did not read any more
                pipe.close()


def _not_written() -> Fault:
    return Fault(Kind.INTERNAL, "INTERNAL", "the file of results could not be made", "结果文件生成失败")
