"""The mail relay, spoken to by SMTP. It says what became of one mail, and decides nothing.

Only from the moment that the whole mail is on its way a missing answer leaves open whether it was taken; whatever fails
before it was surely not.
"""

from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import aiosmtplib
from aiosmtplib import SMTPException, SMTPResponseException

from services.invoice_sync.domain.delivery import MailOutcome

NO_TLS = "NONE"
START_TLS = "STARTTLS"
TLS = "TLS"
_TEXT_CHARS_MAX = 200
_PERMANENT = range(500, 600)
# It wants another login first: mended here, this mail goes through.
_LOGIN = frozenset({530, 534, 535, 538})


@dataclass(frozen=True, slots=True)
class MailAnswer:
    """What came of a try, with the relay's words."""

    outcome: MailOutcome
    told: str


@dataclass(frozen=True, slots=True)
class Relay:
    """Where mail is handed over. `credential_file` has two lines, user and password, or is empty for none."""

    host: str
    port: int
    security: str
    sender: str
    credential_file: str
    timeout_seconds: float

    async def send(self, mail: EmailMessage, address: str) -> MailAnswer:
        """Hand one mail over."""
        try:
            username, password = _credential(self.credential_file)
            client = aiosmtplib.SMTP(
                hostname=self.host,
                port=self.port,
                use_tls=self.security == TLS,
                start_tls=self.security == START_TLS,
                username=username,
                password=password,
                timeout=self.timeout_seconds,
            )
        except (OSError, ValueError) as fault:
            return MailAnswer(MailOutcome.DEFERRED, f"credential: {fault}")
        try:
            await client.connect()
        except (SMTPException, OSError) as fault:
            client.close()
            return MailAnswer(MailOutcome.DEFERRED, f"no connection: {type(fault).__name__}")
        try:
            return await self._handed_over(client, mail.as_bytes(), address)
        finally:
            client.close()

    async def _handed_over(self, client: aiosmtplib.SMTP, raw: bytes, address: str) -> MailAnswer:
        try:
            await client.mail(_bare(self.sender))
            await client.rcpt(address)
        except SMTPResponseException as fault:
            return _refused(fault)
        except (SMTPException, OSError) as fault:
            return MailAnswer(MailOutcome.DEFERRED, type(fault).__name__)
        try:
            taken = await client.data(raw)
        except SMTPResponseException as fault:
            return _refused(fault)
        except (SMTPException, OSError) as fault:
            return MailAnswer(MailOutcome.UNKNOWN, type(fault).__name__)
        return MailAnswer(MailOutcome.TAKEN, _words(taken.code, taken.message))


def check_security(security: str) -> None:
    """A `check` for how the relay is spoken to."""
    if security not in (NO_TLS, START_TLS, TLS):
        raise ValueError(f"must be {NO_TLS}, {START_TLS} or {TLS}, is {security!r}")


def _refused(fault: SMTPResponseException) -> MailAnswer:
    is_final = fault.code in _PERMANENT and fault.code not in _LOGIN
    return MailAnswer(MailOutcome.REFUSED if is_final else MailOutcome.DEFERRED, _words(fault.code, fault.message))


def _words(code: int, message: str) -> str:
    return f"{code} {' '.join(message.split())}"[:_TEXT_CHARS_MAX]


def _bare(sender: str) -> str:
    return sender.rpartition("<")[2].rstrip("> ")


def _credential(file: str) -> tuple[str | None, str | None]:
    if not file:
        return None, None
    lines = Path(file).read_text("utf-8").splitlines()
    if len(lines) != 2:
        raise ValueError("the file must hold two lines: user and password")
    return lines[0], lines[1]
