"""`bihuan keys …`: who may call the gateway: make, list, rotate and revoke API keys. A command is one call."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from cli import client, show

keys = typer.Typer(no_args_is_help=True, help="API keys: roles, merchants, expiry. 密钥")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.add_typer(keys, name="keys")


@keys.command("create")
def create(
    name: Annotated[str, typer.Argument(help="whose it is, for people")],
    role: Annotated[list[str] | None, typer.Option(help="again for each; integrator when none is given")] = None,
    merchant: Annotated[list[str] | None, typer.Option(help="again for each; all merchants when none is given")] = None,
    tenant: Annotated[str, typer.Option(help="the customer; with one merchant, that one")] = "",
    department: Annotated[str, typer.Option(help="within the tenant")] = "",
    days: Annotated[int, typer.Option(min=0, help="how long it is good; 0 for ever")] = 0,
    unmasked: Annotated[bool, typer.Option("--unmasked", help="sees names, tax numbers and accounts whole")] = False,
) -> None:
    """Make a key and print its token, which is told once. 新建密钥"""
    body = {
        "displayName": name,
        "roles": role or [],
        "merchantIds": merchant or [],
        "tenantId": tenant,
        "department": department,
        "seesUnmasked": unmasked,
        **_expiry(days),
    }
    _print_made(client.connect().post_once("/v1/apiKeys", body))


@keys.command("list")
def list_keys() -> None:
    """List keys, newest first. 密钥列表"""
    rows = [
        (
            one["keyId"],
            one["displayName"],
            " ".join(one["roles"]),
            _scope(one),
            show.instant(one.get("expireTime", "")),
            _state(one),
        )
        for one in client.connect().get("/v1/apiKeys").get("apiKeys", [])
    ]
    columns = ("key 密钥", "whose 归属", "roles 角色", "merchants 商户", "expires 到期", "state 状态")
    show.console.print(show.table("API keys", columns, rows))


@keys.command("rotate")
def rotate(
    key_id: Annotated[str, typer.Argument(help="as `bihuan keys list` tells it")],
    overlap_hours: Annotated[int, typer.Option(min=0, max=720, help="how long the old key goes on")] = 24,
    days: Annotated[int, typer.Option(min=0, help="how long the new key is good; 0 for ever")] = 0,
) -> None:
    """Make the key that takes a key's place; the old one goes on for the overlap. 轮换密钥"""
    body = {"overlapSeconds": str(overlap_hours * 3_600), **_expiry(days)}
    made = client.connect().post_once(f"/v1/apiKeys/{key_id}:rotate", body)
    _print_made(made)
    show.console.print(f"{key_id} ends at {show.instant(made['predecessor']['expireTime'])}")


@keys.command("revoke")
def revoke(key_id: Annotated[str, typer.Argument(help="as `bihuan keys list` tells it")]) -> None:
    """Revoke a key at once. 吊销密钥"""
    gone = client.connect().post(f"/v1/apiKeys/{key_id}:revoke", {})["apiKey"]
    show.console.print(f"{key_id} was revoked at {show.instant(gone['revokeTime'])}")


def _expiry(days: int) -> dict[str, str]:
    if not days:
        return {}
    return {"expireTime": (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")}


def _print_made(made: dict[str, Any]) -> None:
    show.console.print(f"{made['apiKey']['keyId']}; its token is told this once:")
    typer.echo(made["token"])


def _scope(key: dict[str, Any]) -> str:
    merchant_ids = key.get("merchantIds", [])
    shown = " ".join(merchant_ids[:3]) + (f" +{len(merchant_ids) - 3}" if len(merchant_ids) > 3 else "")
    return f"{key['tenantId']}: {shown}" if merchant_ids else "all"


def _state(key: dict[str, Any]) -> str:
    if revoked := key.get("revokeTime"):
        return f"revoked {show.instant(revoked)}"
    expiry = key.get("expireTime")
    if expiry and datetime.fromisoformat(expiry) <= datetime.now(UTC):
        return "expired"
    successor = key.get("successorKeyId")
    return f"rotated to {successor}" if successor else "good"
