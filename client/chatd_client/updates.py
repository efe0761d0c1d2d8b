"""What a link reports to its user interface: the server's events, the link's state, each message's state."""

from dataclasses import dataclass
from enum import Enum

from chatd.protocol.events import Event
from chatd_client.outgoing import DeliveryState


class LinkState(Enum):
    """NAMELESS: the server refused the name, and the user has to give another. LOCKED: the name needs its
    password. OFFLINE is final.
    """

    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    NAMELESS = "nameless"
    LOCKED = "locked"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class LinkChanged:
    """`why` is a sentence, `wait` the seconds until the next attempt. ONLINE, `resumed`: as the same person;
    with a sentence where something was missed that will not come.

    `refused`: the server did not accept the name. `name`: that which needs a password, or for which one is
    given at the next attempt.
    """

    state: LinkState
    why: str = ""
    wait: float = 0.0
    refused: bool = False
    resumed: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """The message with this `ref` is now in `state`; with an `id` where it was acknowledged."""

    ref: str
    state: DeliveryState
    id: int = 0


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Of the messages that were to be cancelled, these were not written, and never will be."""

    refs: tuple[str, ...]


Update = Event | LinkChanged | DeliveryChanged | Cancelled
