"""What every noun has: instants."""

from datetime import UTC, datetime

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp


def time_to_proto(instant: datetime | None) -> Timestamp | None:
    """An instant; None stays unset."""
    if instant is None:
        return None
    made = Timestamp()
    made.FromDatetime(instant)
    return made


def time_from_proto(message: Message, name: str) -> datetime | None:
    """The instant in a field; None when it is unset."""
    if not message.HasField(name):
        return None
    found: Timestamp = getattr(message, name)
    return found.ToDatetime(UTC)
