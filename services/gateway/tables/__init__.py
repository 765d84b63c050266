"""The tables of the gateway, as its newest migration leaves them. No statement stands here; those are in store/."""

from services.gateway.tables.api_key import ApiKeyRow
from services.gateway.tables.base import METADATA

__all__ = ["METADATA", "ApiKeyRow"]
