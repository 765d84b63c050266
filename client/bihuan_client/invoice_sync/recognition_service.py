"""Recognition service: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bihuan_client.calls import Operation
from bihuan_client.content import Content
from bihuan_client.transport import AsyncCalls, Calls

from .diagnosis import Diagnosis
from .recognition import Recognition


@dataclass(frozen=True, slots=True, kw_only=True)
class DiagnoseFileResponse:
    """What was read, and why."""

    recognition: Recognition | None = None
    """What was read."""

    diagnoses: Sequence[Diagnosis] = ()
    """Of each number that was read; more than one only when the file contradicts itself about it."""


_DIAGNOSE_FILE = Operation(
    name="diagnose_file",
    verb="POST",
    template="/v1/diagnoses:file",
    body="chunk",
    answer=DiagnoseFileResponse,
    is_upload=True,
)


class RecognitionService(Calls):
    """Reads the invoice file that somebody sends in, and says why that invoice is not in the tax system, or that
    it is. Blocking.
    """

    def diagnose_file(
        self, content: Content, *, file_name: str = "", timeout_seconds: float | None = None
    ) -> DiagnoseFileResponse:
        """Reads an XML, an OFD, a PDF with text, or a picture with the invoice's code, and diagnoses what it
        names. It stores nothing. Over HTTP the body is the file's raw bytes and the header's fields are query
        parameters. FILE_REFUSED, with the rule and the cure, for what is none of these or was made to do
        harm; NOTHING_RECOGNIZED when it names no invoice.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty. What it is, is told by its bytes.
        """
        return self._transport.upload(_DIAGNOSE_FILE, content, {"file_name": file_name}, "", timeout_seconds)


class AsyncRecognitionService(AsyncCalls):
    """Reads the invoice file that somebody sends in, and says why that invoice is not in the tax system, or that
    it is. For asyncio.
    """

    async def diagnose_file(
        self, content: Content, *, file_name: str = "", timeout_seconds: float | None = None
    ) -> DiagnoseFileResponse:
        """Reads an XML, an OFD, a PDF with text, or a picture with the invoice's code, and diagnoses what it
        names. It stores nothing. Over HTTP the body is the file's raw bytes and the header's fields are query
        parameters. FILE_REFUSED, with the rule and the cure, for what is none of these or was made to do
        harm; NOTHING_RECOGNIZED when it names no invoice.

        content: the bytes, a file's path, or a binary file that is open; read as it is sent.
        file_name: The file's name, for people; may be empty. What it is, is told by its bytes.
        """
        return await self._transport.upload(_DIAGNOSE_FILE, content, {"file_name": file_name}, "", timeout_seconds)
