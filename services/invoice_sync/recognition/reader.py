"""Has a file read by the program that is made for it, within a deadline. It never looks into the file itself."""

import asyncio
import hashlib
import json
import subprocess
import sys
from typing import Any

from chassis.errors import Fault, Kind, plain_fault
from services.invoice_sync.domain.recognition import Certainty, Read, ReadField, Recognition, Source
from services.invoice_sync.recognition.refusal import SENTENCES

_PROGRAM = "services.invoice_sync.recognition.program"
_DEADLINE_SECONDS = 20.0
_ANSWER_BYTES_MAX = 1024 * 1024
# Each takes a processor for a moment, and some hundred megabytes at the most.
_AT_ONCE = 2
_WAITING_MAX = 16


class Reader:
    """One for the process, so that no more programs run at once than it bears."""

    def __init__(self, deadline_seconds: float = _DEADLINE_SECONDS) -> None:
        self._free = asyncio.Semaphore(_AT_ONCE)
        self._deadline_seconds = deadline_seconds
        self._here = 0

    async def recognize(self, content: bytes) -> Recognition:
        """What a file says. Raises Fault FILE_REFUSED with its rule, and OVERLOADED when too many wait."""
        if self._here >= _AT_ONCE + _WAITING_MAX:
            raise plain_fault(Kind.OVERLOADED)
        self._here += 1
        try:
            async with self._free:
                told = await self._run(content)
        finally:
            self._here -= 1
        if "rule" in told:
            raise refused(str(told["rule"]))
        reads = tuple(
            Read(
                ReadField(each["field"]),
                each["value"],
                Source(each["source"]),
                each["page"],
                Certainty(each["certainty"]),
            )
            for each in told["reads"]
        )
        return Recognition(told["kind"], hashlib.sha256(content).hexdigest(), told["pages"], reads)

    def _ask(self, content: bytes) -> "subprocess.CompletedProcess[bytes]":
        # Isolated: neither the environment nor the folder that we stand in says what is imported.
        return subprocess.run(  # noqa: S603
            [sys.executable, "-I", "-m", _PROGRAM],
            input=content,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=self._deadline_seconds,
            check=False,
        )

    async def _run(self, content: bytes) -> dict[str, Any]:
        """The program's answer. What ends it before it answers is one of its limits."""
        # Started from a thread: the event loop's own way to start a program forks, which gRPC's threads do not survive.
        try:
            program = await asyncio.to_thread(self._ask, content)
        except subprocess.TimeoutExpired:
            return {"rule": "LIMIT"}
        answer = program.stdout
        if program.returncode or len(answer) > _ANSWER_BYTES_MAX:
            return {"rule": "LIMIT"}
        told: dict[str, Any] = json.loads(answer)
        return told


def refused(rule: str) -> Fault:
    """The fault for a file that is not read by this rule."""
    message, message_zh = SENTENCES[rule]
    return Fault(
        Kind.INVALID,
        "FILE_REFUSED",
        f"{rule}: {message}",
        f"{rule}：{message_zh}",
        metadata={"rule": rule},
    )
