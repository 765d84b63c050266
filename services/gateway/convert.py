"""Keys as messages of the contract, and nowhere else."""

from bihuan.gateway.v1 import api_key_pb2

from services.gateway.domain.api_key import ApiKey


def api_key_to_proto(key: ApiKey) -> api_key_pb2.ApiKey:
    """A key as the contract tells it."""
    message = api_key_pb2.ApiKey(
        key_id=key.key_id, display_name=key.display_name, sees_unmasked=key.sees_unmasked, is_admin=key.is_admin
    )
    message.create_time.FromDatetime(key.create_time)
    if key.revoke_time is not None:
        message.revoke_time.FromDatetime(key.revoke_time)
    return message
