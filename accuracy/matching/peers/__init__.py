"""The rivals, each told once how it answers; one scorer judges all. What a rival cannot say, nobody says for it."""

from accuracy.matching.peers.datacompy_peer import DATACOMPY
from accuracy.matching.peers.key_join import KEY_JOIN
from accuracy.matching.peers.peer import Peer
from accuracy.matching.peers.recordlinkage_peer import RECORDLINKAGE
from accuracy.matching.peers.settleflow_peer import SETTLEFLOW
from accuracy.matching.peers.splink_peer import SPLINK

PEERS: dict[str, Peer] = {
    "key_join": KEY_JOIN,
    "datacompy": DATACOMPY,
    "recordlinkage": RECORDLINKAGE,
    "settleflow": SETTLEFLOW,
    "splink": SPLINK,
}
