"""Events as they are sent, made of messages of the contract. It reads no feed and sends nothing.

An event is a message, so that the OpenAPI document tells its body from the same source, and its masks are those of the
document: whatever is annotated as sensitive is masked for everyone, since an endpoint is no caller with a role.
"""

import functools
from collections.abc import Mapping
from datetime import datetime

from bihuan.gateway.v1 import webhook_event_pb2
from bihuan.options.v1 import webhook_pb2
from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from chassis import ids
from services.gateway.answer_json import to_json
from services.gateway.domain.webhook import TEST_TYPE, Event
from services.gateway.masking import EVERY_KIND, mask


@functools.cache
def known_types() -> Mapping[str, tuple[Descriptor, str]]:
    """Every type of event: the message that is its body, and when it is sent."""
    found = {}
    for message in webhook_event_pb2.DESCRIPTOR.message_types_by_name.values():
        for event in message.GetOptions().Extensions[webhook_pb2.webhook_event]:
            assert event.type not in found, f"{event.type} is told by two messages"
            found[event.type] = (message, event.summary)
    return found


def event_of(body: Message, event_type: str, object_id: str, merchant_id: str, origin: str, now: datetime) -> Event:
    """An event with its body, which is masked here. `origin` stands once: what a feed tells twice is sent once."""
    return Event(
        event_id=ids.new_id("evt"),
        event_type=event_type,
        object_id=object_id,
        merchant_id=merchant_id,
        origin=origin,
        body=body_text(body),
        create_time=now,
    )


def test_event(endpoint_id: str, now: datetime) -> Event:
    """The event of the test button."""
    event_id = ids.new_id("evt")
    body = webhook_event_pb2.TestEvent(
        type=TEST_TYPE,
        timestamp=timestamp(now),
        data=webhook_event_pb2.TestEventData(endpoint_id=endpoint_id),
    )
    return Event(
        event_id=event_id,
        event_type=TEST_TYPE,
        # An object of its own, so that a test waits for nothing.
        object_id=event_id,
        merchant_id="",
        origin=f"test:{event_id}",
        body=body_text(body),
        create_time=now,
    )


def body_text(body: Message) -> str:
    """A body as it is sent at every try."""
    mask(body, EVERY_KIND)
    return to_json(body).decode("utf-8")


def timestamp(instant: datetime) -> Timestamp:
    """An instant of a body."""
    made = Timestamp()
    made.FromDatetime(instant)
    return made
