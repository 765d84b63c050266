"""A certificate for this machine's loopback and the authority that signed it, for development and tests alone."""

from dataclasses import dataclass
from pathlib import Path

import trustme

_HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class LoopbackTls:
    """Files in PEM: what a server shows, its key, and whom its clients trust."""

    cert_file: str
    key_file: str
    ca_file: str


def loopback_tls(folder: Path) -> LoopbackTls:
    """The three files in a folder, made when they are not there. The authority's own key is kept nowhere."""
    folder.mkdir(parents=True, exist_ok=True)
    cert, key, ca = folder / "cert.pem", folder / "key.pem", folder / "ca.pem"
    if not ca.exists():
        authority = trustme.CA()
        issued = authority.issue_cert(_HOST)
        cert.write_bytes(b"".join(blob.bytes() for blob in issued.cert_chain_pems))
        key.touch(mode=0o600)
        issued.private_key_pem.write_to_path(key)
        # Last, so that a folder with it has all three.
        authority.cert_pem.write_to_path(ca)
    return LoopbackTls(str(cert), str(key), str(ca))
