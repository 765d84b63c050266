"""What loading asks of a file beside that it reads well: an active profile, one channel, the account that is named."""

from services.reconciler.domain.statement import StatementFault, Summary
from services.reconciler.statements.profile import Profile
from services.reconciler.statements.refusal import fault_of


def broken_terms(profile: Profile, channel: str) -> list[StatementFault]:
    """Why a file of this profile is not loaded for a channel, "" being none that its sender names."""
    faults = []
    if profile.status != "active":
        faults.append(fault_of("E-PROFILE-STATUS", value=f"{profile.id}: {profile.status}"))
    if profile.channel and channel not in ("", profile.channel):
        faults.append(fault_of("E-CHANNEL", value=f"{channel}, but {profile.id} is of {profile.channel}"))
    return faults


def channel_needed(profile: Profile, channel: str) -> list[StatementFault]:
    """That the sender has to name the channel, when neither the profile nor the sender does."""
    return [] if profile.channel or channel else [fault_of("E-CHANNEL-NEEDED", value=profile.id)]


def wrong_account(summary: Summary, account_no: str) -> list[StatementFault]:
    """That the file tells another account than its sender names, "" being none, or tells several."""
    if not account_no or summary.account_no == account_no:
        return []
    told = "several accounts" if summary.many_accounts else summary.account_no
    return [fault_of("E-ACCOUNT", value=f"{told}, not {account_no}")] if told else []


def account_of(summary: Summary, account_no: str) -> str:
    """Whose the file is: as it tells, or, if it tells none, as its sender does; "" for several or an unknown one."""
    return summary.account_no or ("" if summary.many_accounts else account_no)
