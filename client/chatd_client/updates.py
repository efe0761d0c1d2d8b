"""What a keeper tells: the server's events, how the link is, and how far each line has come."""

from dataclasses import dataclass
from enum import Enum

from chatd.protocol.events import Event
from chatd_client.outgoing import State


class Phase(Enum):
    """How the link is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    NAMELESS = "nameless"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Changed:
    """The link is now so; `wait` is the seconds until the next attempt, `why` a sentence.

    `refused`: it is the name that the server did not take.
    """

    phase: Phase
    why: str = ""
    wait: float = 0.0
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """The line with this ref has come to `state`."""

    ref: str
    state: State


Happening = Event | Changed | Moved
