"""The credential for an authority, in a file that may be replaced while we run. It is never logged or shown."""

import re
from pathlib import Path

import structlog

# What may stand in a header, and so that a file which holds something else is found out: RFC 6750, a b64token.
_SECRET = re.compile(rb"[A-Za-z0-9._~+/-]{1,4096}=*\s*")
_log = structlog.get_logger()


class CredentialFile:
    """A file with a credential alone in it. It is read at once, and again whenever the file has changed.

    Raises OSError when it cannot be read and ValueError when it holds no credential; but once one was read, that
    stays good until another is there, so that a file which is just being written stops nothing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp = _stamp(path)
        self._secret = _read(path)

    def secret(self) -> str:
        """The credential as the file has it now."""
        if (stamp := _stamp(self._path)) == self._stamp:
            return self._secret
        # Once for each change, also of a file that is gone or holds no credential.
        self._stamp = stamp
        try:
            self._secret = _read(self._path)
            _log.info("credential was replaced", file=str(self._path))
        except (OSError, ValueError) as fault:
            _log.warning("credential cannot be read, the last is kept", file=str(self._path), error=str(fault))
        return self._secret


def _stamp(path: Path) -> tuple[int, int, int] | None:
    """What changes when the file does; None when it cannot be seen."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(path: Path) -> str:
    content = path.read_bytes()
    if not _SECRET.fullmatch(content):
        raise ValueError(f"{path} holds no credential: letters, digits and ._~+/-= on one line")
    return content.decode("ascii").strip()
