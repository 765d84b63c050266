"""Where a running stack is, as the commands read it. It starts nothing, and loads nothing of what does."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running stack is: URLs, the admin token's file, the traces and the logs.

    `targets` are inside, by service; callers with a key reach the gateway by gRPC at `gateway_grpc_target`.
    """

    gateway_url: str
    gateway_grpc_target: str
    tax_sandbox_url: str
    tax_ca_file: str
    channel_sandbox_url: str
    channel_keys_folder: str
    targets: dict[str, str]
    database_urls: dict[str, str]
    admin_key_file: str
    channel_accounts_file: str
    body_key_file: str
    payments_key_file: str
    reconciler_key_file: str
    webhook_key_file: str
    link_key_file: str
    archive_folder: str
    traces_folder: str
    logs_folder: str
    inner_tls_folder: str
    audit_folder: str
    audit_key_file: str
    audit_public_key_file: str

    def token(self) -> str:
        """The admin key that the gateway made at its first start."""
        return Path(self.admin_key_file).read_text("ascii").strip()


def save(addresses: Addresses, path: Path) -> None:
    """Write where the stack is, for the other commands; they see the whole file or none."""
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(asdict(addresses), indent=2), "utf-8")
    fresh.replace(path)


def load(path: Path) -> Addresses:
    """Read what `save` wrote."""
    return Addresses(**json.loads(path.read_text("utf-8")))


def archive_settings(addresses: Addresses) -> dict[str, str]:
    """What invoice_sync is told here of its database and its archive, for who reads them beside it."""
    return {
        "DATABASE_URL": addresses.database_urls["invoice_sync"],
        "BODY_KEY_FILE": addresses.body_key_file,
        **archive_places(addresses),
    }


def archive_places(addresses: Addresses) -> dict[str, str]:
    """Two folders: on one machine they prove the ways, and not the independence."""
    folder = Path(addresses.archive_folder)
    return {f"ARCHIVE_{name.upper()}": (folder / name).as_uri() for name in ("first", "second")}
