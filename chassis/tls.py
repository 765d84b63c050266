"""Mutual TLS between services: who we are, whom we trust, and who called. It makes no certificate and holds no key.

A certificate's DNS names say which service it is of: `gateway`, `invoice-sync`. Both sides look: a client at the name
of the service that it means to call, a server at whether the caller is one that may.
"""

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc
from google.protobuf.descriptor import ServiceDescriptor

from chassis.config import ConfigError, check_file, read_config, setting

PREFIX = "BIHUAN_TLS"
_SAN = "x509_subject_alternative_name"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """BIHUAN_TLS_<FIELD>, files in PEM, all three or none: our chain, its key, and the authority of all services."""

    cert_file: str = setting("", check=check_file)
    key_file: str = setting("", check=check_file)
    ca_file: str = setting("", check=check_file)

    def server_credentials(self) -> grpc.ServerCredentials:
        """For a server that takes only callers with a certificate of the authority's."""
        chain = (_content(self.key_file), _content(self.cert_file))
        return grpc.ssl_server_credentials([chain], _content(self.ca_file), require_client_auth=True)

    def channel_credentials(self) -> grpc.ChannelCredentials:
        """For a channel that trusts the authority alone, and shows our certificate."""
        return grpc.ssl_channel_credentials(_content(self.ca_file), _content(self.key_file), _content(self.cert_file))


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


def _content(path: str) -> bytes:
    return Path(path).read_bytes()
