"""What the gateway itself can do, a file for each noun: one method is one transaction and one span of its name."""

from services.gateway.actions.api_key import ApiKeyActions

__all__ = ["ApiKeyActions"]
