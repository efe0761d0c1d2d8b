"""What a keeper tells: the server's events, how the link is, and how far each line has come."""

from dataclasses import dataclass
from enum import Enum

from chatd.protocol.events import Event
from chatd_client.outgoing import DeliveryState


class LinkState(Enum):
    """How the link is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    NAMELESS = "nameless"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """The link is now so; `wait` is the seconds until the next attempt, `why` a sentence.

    `refused`: it is the name that the server did not take.
    """

    phase: LinkState
    why: str = ""
    wait: float = 0.0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """The line with this ref has come to `state`."""

    ref: str
    state: DeliveryState


Update = Event | LinkChanged | DeliveryChanged
