"""Everything that the server knows, in memory: the one argument that all functions of `behaviour/` share.

What it needs from outside (clocks, secrets) is handed to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chatd.protocol.limits import Limits
from chatd.state.keys import MessageKeys
from chatd.state.listings import Listing, RoomListing
from chatd.state.message_log import MessageLog
from chatd.state.pending import PendingWrites
from chatd.state.room_directory import RoomDirectory
from chatd.state.roster import Roster


@dataclass(slots=True)
class ServerState:
    """`now` is a monotonic clock in seconds, `new_token` makes a secret, `new_person` a number that nobody
    has. `listings` are the newest lists of rooms' members."""

    limits: Limits
    log: MessageLog
    now: Callable[[], float]
    new_token: Callable[[], str]
    new_person: Callable[[], int]
    rooms: RoomDirectory
    roster: Roster = field(default_factory=Roster)
    listings: dict[str, Listing] = field(default_factory=dict)
    room_listing: RoomListing = field(default_factory=RoomListing)
    keys: MessageKeys = field(init=False)
    pending: PendingWrites = field(default_factory=PendingWrites)

    def __post_init__(self) -> None:
        self.keys = MessageKeys(self.limits)
