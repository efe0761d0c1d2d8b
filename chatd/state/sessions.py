"""One client, from its first byte to its end.

    NEW --first line--> NAMELESS --hello--> PRESENT --quit, end of input--> LEAVING
                                 --hello--> RESUMING --all missed told--> PRESENT
                                            any --reset, error, too slow--> GONE

A session is in the roster and in its rooms exactly while it is PRESENT. RESUMING: it has its name, but is in
no room until it was told what it missed (see behaviour/resuming.py). LEAVING: nothing is added any more,
what waits is written, then the connection closes. GONE: there is nobody to write to.
"""

from collections.abc import Callable
from enum import IntEnum
from typing import Final, Protocol

from chatd.protocol.dialects import TEXT
from chatd.protocol.dialects.contract import Dialect
from chatd.protocol.events import Cause, Skipped
from chatd.protocol.limits import Limits
from chatd.protocol.requests import LOBBY
from chatd.state.accounts import Account
from chatd.state.memberships import Membership
from chatd.state.networks import host_of
from chatd.state.outbox import Flow, Outbox
from chatd.state.returning import Returning
from chatd.state.stored_entries import Conversation
from chatd.state.token_bucket import TokenBucket


class SessionState(IntEnum):
    """See the picture above. (An IntEnum: looked up in sets for every line, and Enum's hash is slow.)"""

    NEW = 1
    NAMELESS = 2
    RESUMING = 3
    PRESENT = 4
    LEAVING = 5
    GONE = 6


#: Looked up for every message, like outbox.KEEPING_UP.
PRESENT = SessionState.PRESENT
#: States in which it has a name.
NAMED = frozenset((SessionState.RESUMING, SessionState.PRESENT))
#: States in which a session is over: whoever finds it there has nothing to end.
OVER = frozenset((SessionState.LEAVING, SessionState.GONE))


_WITH_BACKLOG = (Flow.BEHIND, Flow.SKIPPING)


class ConnectionHandle(Protocol):
    """What a session can ask of its connection, which lives in `net/`."""

    def fileno(self) -> int: ...

    @property
    def transport(self) -> str:
        """What carries it, as in the URI of the listener: `tcp`."""

    @property
    def fingerprint(self) -> str:
        """The SHA-256 of the certificate that the client gave, in hex; empty where it gave none."""

    @property
    def since(self) -> int:
        """When it was accepted, in milliseconds since the epoch."""

    @property
    def send_needs_input(self) -> bool:
        """Whether a send that said "not now" waits for the socket to be readable, instead of writable."""

    def hang_up(self) -> None:
        """The session was ended by somebody else: write what waits, if anyone is there, and close."""

    def write_now(self) -> None:
        """What waits, without waiting for a round of everyone's."""

    def broken(self, cause: Cause) -> None:
        """There is nobody to write to any more: end the session, if nobody has, and close."""


class NoConnection:
    """The handle of a session whose connection has ended."""

    send_needs_input = False
    transport = ""
    fingerprint = ""
    since = 0

    def fileno(self) -> int:
        return -1

    def hang_up(self) -> None: ...

    def write_now(self) -> None: ...

    def broken(self, cause: Cause) -> None: ...


class Person:
    """Who holds a name: a guest with one session, or an account with any number, its devices.

    `number` is its own for as long as its token or its account is known: nobody else gets it. `sessions` are
    RESUMING or PRESENT. `lines` is the rate of its lines, `changes` that at which it takes another
    name or goes away; `left_lately` are rooms that may still have to be told that it left. `since` is the
    newest id when it came first, `came` when that was, in milliseconds since the epoch. `away` is why it is
    not at its keyboard, and None while it is."""

    __slots__ = (
        *("account", "away", "came", "changes", "left_lately"),
        *("lines", "nick", "number", "sessions", "since"),
    )

    def __init__(self, number: int, nick: str, since: int = 0, came: int = 0) -> None:
        self.number = number
        self.nick = nick
        self.since = since
        self.came = came
        self.account: Account | None = None
        self.away: str | None = None
        self.lines: TokenBucket | None = None
        self.changes: TokenBucket | None = None
        self.left_lately: tuple[str, ...] = ()
        self.sessions: tuple[Session, ...] = ()

    @property
    def rooms(self) -> set[str]:
        """The names of those in which its sessions are."""
        return {membership.room for session in self.sessions for membership in session.memberships}

    def drop(self, session: "Session") -> None:
        """It is here with its other sessions only, if there are any."""
        self.sessions = tuple(one for one in self.sessions if one is not session)


#: Who holds no name yet.
NOBODY: Final = Person(0, "")
#: Who looks after the server at its own machine (`chatd admin`), by a name that nobody gets.
CONSOLE: Final = Person(-1, "admin")


class Session:
    """`dialect` is a guess (text) until the first line came; `person` is who holds its name, and NOBODY until
    that is given. `room` is the one in which it says what it types. `in_flight` counts what the log has not
    answered yet (see message_log.py, 4), and `answered` is called when nothing is, where somebody waits for
    that; `unpaid` are the bytes of its last answer, which cost the line rate.
    `returning` is set while it is RESUMING. `marked` is the newest id that it knows to have everything up
    to; of who types, the newest one when it typed last. `unread` are conversations of which it was told that
    there is something unread, and has not seen it; None until that is known. `password_of` is the name whose
    password it was asked for. `send` is the outbox's, `peer` the client's address and port, `private` whether
    nobody else can read what it sends."""

    __slots__ = (
        "answered",
        "connection",
        "dialect",
        "in_flight",
        "in_several_rooms",
        "marked",
        "memberships",
        "outbox",
        "password_of",
        "peer",
        "person",
        "private",
        "returning",
        "room",
        "state",
        "token",
        "unpaid",
        "unread",
    )

    def __init__(
        self,
        limits: Limits,
        connection: ConnectionHandle,
        send: Callable[[bytes | memoryview], int],
        peer: str = "",
        private: bool = True,
    ) -> None:
        self.outbox = Outbox(limits, send)
        self.connection = connection
        self.peer = peer
        self.private = private
        self.password_of = ""
        self.state = SessionState.NEW
        self.dialect: Dialect = TEXT
        self.token = ""
        self.person = NOBODY
        self.room = LOBBY
        self.in_flight = self.unpaid = self.marked = 0
        self.answered: Callable[[], None] | None = None
        self.returning: Returning | None = None
        self.unread: frozenset[Conversation] | None = frozenset()
        self.in_several_rooms = False
        self.memberships: tuple[Membership, ...] = ()  # looked through for every write: small and quick

    @property
    def nick(self) -> str:
        """Its name; empty until it is given."""
        return self.person.nick

    @property
    def address(self) -> str:
        """The client's, without its port."""
        return host_of(self.peer)

    def take_answer(self) -> None:
        """One of those in flight was answered. Who waits for the last one is told, and nobody else: after a
        restart ten thousand wait."""
        self.in_flight -= 1
        if not self.in_flight and self.answered is not None:
            self.answered()

    def hold(self, memberships: tuple[Membership, ...]) -> None:
        """From now on it is in these rooms."""
        self.memberships = memberships
        self.in_several_rooms = len(memberships) > 1

    def catch_up(self) -> None:
        """Add to the outbox what its rooms said so far. To be called before anything else is added: so the
        order of what is in there is the order in which it happened."""
        for membership in self.memberships:
            if membership.in_step is not None:
                membership.in_step.break_up()
            feed = membership.feed
            if membership.cursor < feed.end:
                self.outbox.add(feed.since(membership.cursor))
                membership.cursor = feed.end

    def advance(self, written: int, now: float) -> None:
        """The drain wrote so many bytes; a gap that can be closed is told."""
        if self.outbox.advance(written, now):
            self._tell_gap()

    def end(self) -> None:
        """Its last words come next: what was skipped is told before them, and nothing more is skipped."""
        self.catch_up()
        if self.outbox.flow in _WITH_BACKLOG:
            self.outbox.move_to_backlog()
        if self.outbox.flow is Flow.SKIPPING:
            self._tell_gap()
        self.outbox.end()

    def _tell_gap(self) -> None:
        gaps = self.outbox.skipped.items()
        self.outbox.resume([self.dialect.encode_for(self, self._gap(*gap)) for gap in gaps])

    def _gap(self, room: str, count: int) -> Skipped:
        first, last = map(self.dialect.id_of, self.outbox.gap_ends[room])
        if first is None or last is None:
            return Skipped(room=room, count=count)
        return Skipped(room=room, count=count, after=first - 1, before=last + 1)
