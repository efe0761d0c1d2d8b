"""What the shell asks for (`chatd admin`), beside the requests of those who keep a server civil.

They come over a socket of their own (see net/admin_socket.py) and are no part of the chat's vocabulary: who
sends one as a client is told that there is no such request.
"""

from typing import Final

from chatd.protocol.moderation_requests import (
    Announce,
    Audit,
    Ban,
    Bans,
    Grant,
    Kick,
    Kill,
    Lockdown,
    Mute,
    Unban,
    Unmute,
)
from chatd.protocol.requests import Id, Request


class ListUsers(Request, frozen=True, tag="list-users"):
    """Everybody who has an account, and the guests that are here: a `user` each."""

    here: bool = False  #: only those who are here


class ListRooms(Request, frozen=True, tag="list-rooms"):
    """All rooms, also those that are in no list: a `room` each."""


class ListSessions(Request, frozen=True, tag="list-sessions"):
    """The connections of those who have a name: a `session` each."""


class FindUser(Request, frozen=True, tag="find-user"):
    """Who has this name, or had it a moment ago: a `user`."""

    nick: str


class ExportPerson(Request, frozen=True, tag="export"):
    """All that is kept of a person: a `person`, then what it said and what was said to it, and the acts of
    moderation by it or about it, each as the event that it was."""

    nick: str


class ErasePerson(Request, frozen=True, tag="erase"):
    """A person goes: its account, its direct messages, and the text of what it said. With `person`, its
    number, nobody else who has the name by now is meant. With `again` those are who were to go before, under
    this name: a server that was killed has not done all of it."""

    nick: str
    person: Id | None = None
    again: bool = False


#: What is asked for of the list above.
OWN: Final[tuple[type[Request], ...]] = (
    ListUsers,
    ListRooms,
    ListSessions,
    FindUser,
    ExportPerson,
    ErasePerson,
)
#: What is also typed in the chat.
ACTS: Final[tuple[type[Request], ...]] = (
    *(Announce, Audit, Ban, Bans, Grant, Kick),
    *(Kill, Lockdown, Mute, Unban, Unmute),
)
