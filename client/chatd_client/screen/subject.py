"""What a window is of: a room, or what the user and one other person write to each other.

Names are the same in any case, so a conversation is known by its key: `#dev` for a room, the folded name for
a person, which no room's key can be.
"""

from typing import NamedTuple

from chatd.protocol.events import DirectMessage
from chatd.protocol.history_page import Told
from chatd.protocol.names import fold
from chatd.protocol.requests import LOBBY
from chatd_client.screen.cells import shown


class Subject(NamedTuple):
    """One of the two is empty: the name of a room, or that of a person as it is written."""

    room: str = ""
    whom: str = ""

    @property
    def key(self) -> str:
        """By which it is known."""
        return f"#{self.room}" if self.room else fold(self.whom)

    @property
    def title(self) -> str:
        """As people read it."""
        if self.whom:
            return shown(self.whom)
        return LOBBY if self.room == LOBBY else f"#{shown(self.room)}"

    def holds(self, message: Told) -> bool:
        """Whether this message of a page, which is of this room or person, is a part of it. Who of two
        people had which name then is known to the server only.
        """
        return bool(self.whom) if isinstance(message, DirectMessage) else message.room == self.room


LOBBY_ITSELF = Subject(room=LOBBY)
