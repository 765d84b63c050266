"""The part `webhooks` of the OpenAPI document, from the messages that events are. No event is written down here."""

import json
from typing import Any

from services.gateway.schemas import Schemas
from services.gateway.webhook_events import body_text, known_types
from services.gateway.webhook_examples import example

_HEADERS = {
    "webhook-id": "The event; the same at every try, so that a receiver can drop what it has.",
    "webhook-timestamp": "When this try was made, in seconds since 1970; refuse what is older than five minutes.",
    "webhook-signature": "`v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`; several, after a rotation.",
}


def webhooks(schemas: Schemas) -> dict[str, Any]:
    """What is sent for each type of event."""
    return {
        event_type: {
            "post": {
                "operationId": f"webhook_{event_type.replace('.', '_')}",
                "summary": summary,
                "parameters": [_header(name, text) for name, text in _HEADERS.items()],
                "requestBody": {
                    "required": True,
                    "content": {
                        "application/json": {
                            "schema": {
                                "allOf": [
                                    schemas.outgoing(message),
                                    {"type": "object", "properties": {"type": {"const": event_type}}},
                                ]
                            },
                            "example": json.loads(body_text(example(event_type, message))),
                        }
                    },
                },
                "responses": {
                    "2XX": {"description": "It has it, and is not told again. Any other answer: it is tried again."},
                    "410": {"description": "It wants no more: the endpoint is disabled."},
                },
                "security": [],
            }
        }
        for event_type, (message, summary) in known_types().items()
    }


def _header(name: str, text: str) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": True, "description": text, "schema": {"type": "string"}}
