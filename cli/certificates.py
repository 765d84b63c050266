"""Certificates with which the services know one another on one machine: `python -m cli.certificates FOLDER`.

For development and tests alone: the authority's own key is kept nowhere, so nothing can be added to a set later.
"""

import sys
from pathlib import Path

import trustme

from chassis.tls import Tls

# Each service by the name in its certificate, the customer's own services that call inside, and the one who starts
# them all and looks whether they are well.
NAMES = ("payments", "reconciler", "invoice-sync", "gateway", "platform", "supervisor")
_HOST = "127.0.0.1"


def inner_tls(folder: Path) -> dict[str, Tls]:
    """The files of each name in a folder, made when they are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    ca = folder / "ca.pem"
    if not ca.exists():
        authority = trustme.CA(organization_name="Bihuan development")
        for name in NAMES:
            issued = authority.issue_cert(name, _HOST, common_name=name)
            issued.cert_chain_pems[0].write_to_path(folder / f"{name}.pem")
            key = folder / f"{name}.key"
            key.touch(mode=0o600)
            issued.private_key_pem.write_to_path(key)
        # Last, so that a folder with it has them all.
        authority.cert_pem.write_to_path(ca)
    return {
        name: Tls(cert_file=str(folder / f"{name}.pem"), key_file=str(folder / f"{name}.key"), ca_file=str(ca))
        for name in NAMES
    }


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m cli.certificates FOLDER")
    inner_tls(Path(sys.argv[1]))
