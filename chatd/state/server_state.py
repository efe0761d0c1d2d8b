"""Everything that the server knows, in memory: the one argument that all functions of `behaviour/` share.

What it needs from outside (clocks, secrets) is handed to it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from chatd.protocol.limits import Limits
from chatd.state.listings import Listing
from chatd.state.message_log import MessageLog
from chatd.state.pending import PendingWrites
from chatd.state.rooms import Room
from chatd.state.roster import Roster


@dataclass(slots=True)
class ServerState:
    """`now` is a monotonic clock in seconds, `new_token` makes a secret. `rooms` are by name; one that has
    members is always among them. `listings` are the newest lists of their members."""

    limits: Limits
    log: MessageLog
    now: Callable[[], float]
    new_token: Callable[[], str]
    roster: Roster = field(default_factory=Roster)
    rooms: dict[str, Room] = field(default_factory=dict)
    listings: dict[str, Listing] = field(default_factory=dict)
    pending: PendingWrites = field(default_factory=PendingWrites)
