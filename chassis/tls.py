"""Mutual TLS between services: who we are, whom we trust, and who called. It makes no certificate and holds no key.

A certificate's DNS names say which service it is of: `gateway`, `invoice-sync`. Both sides look: a client at the name
of the service that it means to call, a server at whether the caller is one that may. Files may be replaced at any time:
the next connection is made with what they hold then.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
import structlog
from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from google.protobuf.descriptor import ServiceDescriptor

from chassis.config import ConfigError, check_file, read_config, setting

PREFIX = "BIHUAN_TLS"
_SAN = "x509_subject_alternative_name"
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Content:
    """What the files of a service hold, in PEM."""

    cert: bytes
    key: bytes
    ca: bytes

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """For a channel that trusts the authority alone, and shows our certificate."""
        return grpc.ssl_channel_credentials(self.ca, self.key, self.cert)

    def server_configuration(self) -> grpc.ServerCertificateConfiguration:
        """For a server that shows our certificate, and lets the authority vouch for callers."""
        return grpc.ssl_server_certificate_configuration([(self.key, self.cert)], self.ca)

    def must_fit(self) -> None:
        """Raises ValueError unless the key is the certificate's and an authority is there."""
        key = load_pem_private_key(self.key, password=None)
        if x509.load_pem_x509_certificates(self.cert)[0].public_key() != key.public_key():
            raise ValueError("the key is not the certificate's")
        x509.load_pem_x509_certificates(self.ca)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """BIHUAN_TLS_<FIELD>, files in PEM, all three or none: our chain, its key, and the authority of all services."""

    cert_file: str = setting("", check=check_file)
    key_file: str = setting("", check=check_file)
    ca_file: str = setting("", check=check_file)

    def content(self) -> Content:
        """What the files hold now. Raises OSError."""
        cert, key, ca = (Path(path).read_bytes() for path in (self.cert_file, self.key_file, self.ca_file))
        return Content(cert, key, ca)

    def mark(self) -> tuple[tuple[int, int, int], ...]:
        """What differs as soon as a file was replaced or written. Raises OSError."""
        found = [Path(path).stat() for path in (self.cert_file, self.key_file, self.ca_file)]
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)

    def server_credentials(self, *, asks_callers: bool = True) -> grpc.ServerCredentials:
        """For a server that takes only callers with a certificate of the authority's, as the files are by then.

        Callers that are known otherwise need none (`asks_callers` False).
        """
        renewal = Renewal(self)

        def fetch() -> grpc.ServerCertificateConfiguration | None:
            changed = renewal.changed()
            return changed.server_configuration() if changed else None

        # The stubs do not know that None stands for no change.
        first = renewal.first.server_configuration()
        return grpc.dynamic_ssl_server_credentials(first, fetch, asks_callers)  # type: ignore[arg-type]


class Renewal:
    """Tells when the files have changed, for one who has read them. `first` is what they held at the beginning.

    What does not fit is not taken: a key and a certificate that are replaced one after the other belong together only
    when both are there, and a file that cannot be read is no reason to lose what works.
    """

    def __init__(self, known: Tls) -> None:
        self._known = known
        self._mark = known.mark()
        self.first = known.content()
        self._is_told = False

    def changed(self) -> Content | None:
        """What the files hold, when it is something else than at the last asking, and fits."""
        try:
            if (mark := self._known.mark()) == self._mark:
                return None
            content = self._known.content()
            content.must_fit()
            if self._known.mark() != mark:
                return None  # written while they were read: the next asking has them whole
        except (OSError, TypeError, ValueError) as fault:
            if not self._is_told:
                _log.error("new certificates are not taken", cert_file=self._known.cert_file, why=str(fault))
            self._is_told = True
            return None
        self._mark, self._is_told = mark, False
        _log.info("new certificates are taken", cert_file=self._known.cert_file)
        return content


def of_environment(environ: Mapping[str, str] = os.environ) -> Tls | None:
    """What the environment says; None when it says nothing, and calls go as plain text. Raises ConfigError."""
    read = read_config(Tls, PREFIX, environ)
    given = [bool(path) for path in (read.cert_file, read.key_file, read.ca_file)]
    if any(given) and not all(given):
        raise ConfigError([f"{PREFIX}_CERT_FILE, {PREFIX}_KEY_FILE and {PREFIX}_CA_FILE go together"])
    return read if all(given) else None


def name_of(services: Sequence[ServiceDescriptor]) -> str:
    """The name that the owner of some services has in its certificate: invoice-sync for bihuan.invoice_sync.v1."""
    return str(services[0].full_name.split(".")[1]).replace("_", "-")


def is_one_of(peer: Mapping[str, Iterable[bytes]], callers: Collection[str]) -> bool:
    """Whether a caller, by gRPC's auth_context, showed the certificate of one of some services."""
    return any(name.decode("utf-8", "replace") in callers for name in peer.get(_SAN, ()))
