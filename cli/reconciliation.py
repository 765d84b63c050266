"""`bihuan reconcile`: a comparison of the books with what the channels say."""

import time
from typing import Annotated, Any

import typer

from cli import client, show

_RUN_SECONDS = 600.0
_ENDED = ("STATE_SUCCEEDED", "STATE_FAILED")


def add_to(app: typer.Typer) -> None:
    """Add this group's commands."""
    app.command()(reconcile)


def reconcile(
    channel: str,
    business_date: Annotated[str, typer.Argument(metavar="YYYY-MM-DD")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be found.")] = False,
) -> None:
    """Compare the books with a channel's statements for one business day."""
    gateway = client.connect()
    run = run_and_wait(gateway, channel, business_date, mode="MODE_DRY_RUN" if dry_run else "MODE_COMMIT")
    if run["state"] != "STATE_SUCCEEDED":
        raise client.Unable(f"{run.get('failureReason')}: {run.get('failureMessage')}")
    show.console.print(show.run_table(run))
    pins = run["pins"]
    show.console.print(
        f"rules 规则集 {pins.get('ruleSetId')} v{pins.get('ruleSetVersion')} {pins.get('ruleSetHash', '')[:12]}, "
        f"as of 截至 {show.instant(pins.get('asOf', ''))}, digest {run['outputDigest']}"
    )
    if same := run.get("sameAsRunId"):
        show.console.print(f"nothing has changed since run {same}, which stands 与该批次相同，未重复处理")
    if gap := run.get("mirrorGap"):
        show.console.print(_gap_line(gap))


def _gap_line(gap: dict[str, Any]) -> str:
    missing, wrong, unknown = (int(gap.get(name, 0)) for name in ("missingCount", "wrongCount", "unknownCount"))
    return (
        f"the mirror lacked {missing} payments and had {wrong} otherwise, which was repaired before the run; "
        f"{unknown} it alone has 镜像缺少 {missing} 笔、不符 {wrong} 笔，已在对账前修复；多出 {unknown} 笔"
    )


def run_and_wait(
    gateway: client.Gateway, channel: str, business_date: str, mode: str = "MODE_COMMIT"
) -> dict[str, Any]:
    """Start a run and follow it to its end, with a bar. Raises Unable when it takes over ten minutes."""
    run = gateway.post("/v1/runs", {"channel": channel, "businessDate": business_date, "mode": mode})["run"]
    deadline = time.monotonic() + _RUN_SECONDS
    with show.progress() as progress:
        task = progress.add_task(f"reconciling {channel} {business_date}", total=None)
        while run["state"] not in _ENDED:
            if time.monotonic() > deadline:
                raise client.Unable(f"run {run['runId']} has not ended; ask again with GET /v1/runs/{run['runId']}")
            time.sleep(0.1)
            run = gateway.get(f"/v1/runs/{run['runId']}")["run"]
            progress.update(task, completed=int(run.get("rowsDone", 0)), total=int(run.get("rowsTotal", 0)) or None)
    ended: dict[str, Any] = run
    return ended
