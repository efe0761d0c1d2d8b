"""What somebody may do: more than others, on the whole server or in a room."""

from enum import IntEnum
from typing import Literal


class Role(IntEnum):
    """From the least to the most. In a room it is the higher one of one's role there and on the server. (In
    the lobby only those of the server count.)"""

    EVERYONE = 0
    VOICE = 1  #: speaks in a moderated room
    OPERATOR = 2  #: keeps a room civil
    ROOM_OWNER = 3  #: made the room, with an account; is no other operator's to judge
    ADMIN = 4  #: is operator of every room, and keeps the server civil
    OWNER = 5  #: the server's

    @property
    def word(self) -> str:
        """For people and programs."""
        return _WORDS[self]


_WORDS = ("everyone", "voice", "operator", "owner", "admin", "owner")

#: Those that a room gives, and those that the server gives, as they are written.
ServerRole = Literal["admin", "owner"]
ROOM_ROLES: dict[str, Role] = {"voice": Role.VOICE, "operator": Role.OPERATOR, "owner": Role.ROOM_OWNER}
SERVER_ROLES: dict[str, Role] = {"admin": Role.ADMIN, "owner": Role.OWNER}
