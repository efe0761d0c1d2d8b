"""What those can ask for who keep a room or the server civil.

See requests.py for what a request is. Which role each needs is said by the dispatcher's table. A `room` is
where it is done; a ban in the lobby is one from the server. What was done is told as `acted`.
"""

from typing import Annotated, ClassVar

import msgspec

from chatd.protocol.requests import Id, Referred
from chatd.protocol.roles import ServerRole

#: How long something lasts.
Seconds = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]


class InRoom(Referred, frozen=True, kw_only=True):
    """It is done in a room, in which one has to be."""

    room: str  #: where


class OnPerson(InRoom, frozen=True, kw_only=True):
    """It is done to somebody."""

    nick: str  #: to whom


class GiveOperator(OnPerson, frozen=True, kw_only=True, tag="op"):
    """Have somebody with an account keep the room civil, too."""

    command: ClassVar[str | None] = "/op"
    syntax: ClassVar[str] = "/op NAME"
    help: ClassVar[str] = "make NAME an operator of your room; NAME needs an account"


class TakeOperator(OnPerson, frozen=True, kw_only=True, tag="deop"):
    """Somebody is no operator any more. One may give that up oneself."""

    command: ClassVar[str | None] = "/deop"
    syntax: ClassVar[str] = "/deop NAME"
    help: ClassVar[str] = "take that role from NAME, or give up your own"


class GiveVoice(OnPerson, frozen=True, kw_only=True, tag="voice"):
    """Somebody may speak while the room is moderated; a guest for a day."""

    command: ClassVar[str | None] = "/voice"
    syntax: ClassVar[str] = "/voice NAME"
    help: ClassVar[str] = "let NAME speak while your room is moderated"


class TakeVoice(OnPerson, frozen=True, kw_only=True, tag="devoice"):
    """Somebody has no voice any more."""

    command: ClassVar[str | None] = "/devoice"
    syntax: ClassVar[str] = "/devoice NAME"
    help: ClassVar[str] = "take the voice from NAME"


class Kick(OnPerson, frozen=True, kw_only=True, tag="kick"):
    """Put somebody out of a room, who may come back where everyone may. Who is invited is not any more.
    Nobody is put out of the lobby: there is `kill`."""

    command: ClassVar[str | None] = "/kick"
    syntax: ClassVar[str] = "/kick NAME [REASON]"
    help: ClassVar[str] = "put NAME out of your room"

    reason: str = ""  #: why, at most 200 characters


class Ban(InRoom, frozen=True, kw_only=True, tag="ban"):
    """Keep somebody out of a room, or in the lobby off the server: a name, an address or a range of
    addresses. The name of an account stands for that account, wherever it comes from; the name of a guest for
    that guest, and for the name; and both for all guests from their address."""

    command: ClassVar[str | None] = "/ban"
    syntax: ClassVar[str] = "/ban NAME|ADDRESS|*@ADDRESS/24 [30m|2h|7d] [REASON]"
    help: ClassVar[str] = "keep them out of your room, in the lobby off the server, for a time or for good"

    whom: str  #: a name, an address like `10.0.0.7`, or a range like `10.0.0.0/24`
    seconds: Seconds | None = None  #: for so long; without it for good
    reason: str = ""  #: why, at most 200 characters


class Unban(InRoom, frozen=True, kw_only=True, tag="unban"):
    """A ban is over."""

    command: ClassVar[str | None] = "/unban"
    syntax: ClassVar[str] = "/unban NAME|ADDRESS|*@ADDRESS/24"
    help: ClassVar[str] = "lift a ban"

    whom: str  #: as the list of bans has it


class Bans(InRoom, frozen=True, kw_only=True, tag="bans"):
    """Ask who is banned, and who is muted."""

    command: ClassVar[str | None] = "/bans"
    syntax: ClassVar[str] = "/bans"
    help: ClassVar[str] = "list who is banned or muted in your room, in the lobby on the server"


class Mute(OnPerson, frozen=True, kw_only=True, tag="mute"):
    """Somebody reads, and does not speak in the room."""

    command: ClassVar[str | None] = "/mute"
    syntax: ClassVar[str] = "/mute NAME [30m|2h|7d] [REASON]"
    help: ClassVar[str] = "let NAME read your room, but not speak"

    seconds: Seconds | None = None  #: for so long; without it for good
    reason: str = ""  #: why, at most 200 characters


class Unmute(OnPerson, frozen=True, kw_only=True, tag="unmute"):
    """Somebody may speak again."""

    command: ClassVar[str | None] = "/unmute"
    syntax: ClassVar[str] = "/unmute NAME"
    help: ClassVar[str] = "let NAME speak again"


class SetPrivate(InRoom, frozen=True, kw_only=True, tag="private"):
    """Only who is invited comes in, and reads what is said from then on. The room is in no list."""

    command: ClassVar[str | None] = "/private"
    syntax: ClassVar[str] = "/private on|off"
    help: ClassVar[str] = "let only those into your room whom you invite"

    on: bool  #: whether it is


class InvitePerson(OnPerson, frozen=True, kw_only=True, tag="invite"):
    """Let somebody into a room that is private, or has a key."""

    command: ClassVar[str | None] = "/invite"
    syntax: ClassVar[str] = "/invite NAME"
    help: ClassVar[str] = "let NAME into your room, also where it is private or has a key"


class SetKey(InRoom, frozen=True, kw_only=True, tag="key"):
    """Only who gives the key comes in; an empty one takes it away."""

    command: ClassVar[str | None] = "/key"
    syntax: ClassVar[str] = "/key WORD|off"
    help: ClassVar[str] = "let only those into your room who type /join ROOM WORD"

    word: str  #: the key: 1 to 64 bytes without spaces, not `off`


class SetSlow(InRoom, frozen=True, kw_only=True, tag="slow"):
    """Each one speaks once in so many seconds, but for operators; 0: as often as one likes."""

    command: ClassVar[str | None] = "/slow"
    syntax: ClassVar[str] = "/slow 10s|off"
    help: ClassVar[str] = "let each one speak only once in that time"

    seconds: Seconds  #: at most an hour


class SetModerated(InRoom, frozen=True, kw_only=True, tag="moderated"):
    """Only who has a voice or a higher role speaks."""

    command: ClassVar[str | None] = "/moderated"
    syntax: ClassVar[str] = "/moderated on|off"
    help: ClassVar[str] = "let only those speak in your room who have a voice"

    on: bool  #: whether it is


class SetKeep(InRoom, frozen=True, kw_only=True, tag="keep"):
    """How much of a room is kept; what is older or more is removed."""

    command: ClassVar[str | None] = "/keep"
    syntax: ClassVar[str] = "/keep 90d|1000|90d,1000|off"
    help: ClassVar[str] = "keep so many days or messages of your room; off: as many as the server keeps"

    rule: str  #: an age like `90d`, a number of messages, or both: `90d,1000`; empty: as the server says


class Delete(InRoom, frozen=True, kw_only=True, tag="delete"):
    """Delete a message of a room: your own, or as an operator anyone's. In the room's history it says then
    that it was deleted, and by whom."""

    command: ClassVar[str | None] = "/delete"
    syntax: ClassVar[str] = "/delete NAME [N]"
    help: ClassVar[str] = (
        "delete NAME's last message in your room, or the Nth from the end: your own, or as operator anyone's"
    )

    id: Id | None = None  #: which message
    nick: str | None = None  #: or whose
    back: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1  #: which of its messages: 1 is the last one


class Announce(Referred, frozen=True, kw_only=True, tag="announce"):
    """Tell everyone on the server something."""

    command: ClassVar[str | None] = "/announce"
    syntax: ClassVar[str] = '/announce "TEXT"'
    help: ClassVar[str] = "tell it to everyone on the server"

    text: str  #: as in `say`


class Kill(Referred, frozen=True, kw_only=True, tag="kill"):
    """End the connections of somebody, who may come back."""

    command: ClassVar[str | None] = "/kill"
    syntax: ClassVar[str] = "/kill NAME REASON"
    help: ClassVar[str] = "end the connections of NAME, who reads why, and may come back"

    nick: str  #: whose
    reason: str  #: why, at most 200 characters


class Lockdown(Referred, frozen=True, kw_only=True, tag="lockdown"):
    """Guests read, and do not speak; nobody registers a name."""

    command: ClassVar[str | None] = "/lockdown"
    syntax: ClassVar[str] = "/lockdown on|off"
    help: ClassVar[str] = "let guests read, but not speak, and nobody register"

    on: bool  #: whether it is


class Grant(Referred, frozen=True, kw_only=True, tag="grant"):
    """Give somebody with an account a role on the server, or take it. The role of its owner is given in the
    shell only, by `chatd admin grant`."""

    command: ClassVar[str | None] = "/grant"
    syntax: ClassVar[str] = "/grant NAME admin|none"
    help: ClassVar[str] = "give NAME a role on the server, or take it; NAME needs an account"

    nick: str  #: to whom
    role: ServerRole | None  #: which; null: none any more


class Audit(InRoom, frozen=True, kw_only=True, tag="audit"):
    """Ask what was done in a room by those who keep it civil; in the lobby, on the whole server."""

    command: ClassVar[str | None] = "/audit"
    syntax: ClassVar[str] = "/audit [N]"
    help: ClassVar[str] = "show the last N acts of moderation of your room, in the lobby of the server"

    before: Id | None = None  #: the newest acts with ids below this one
    limit: Annotated[int, msgspec.Meta(ge=1)] = 50  #: how many; more than 500 are 500
