"""What loading asks of a file beside that it reads well: an active profile, and one channel."""

from services.reconciler.domain.statement import StatementFault
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
