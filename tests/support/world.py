"""The server without its sockets: all but `net/`, on a hand-wound clock, for tests that need no I/O.

A `Player` feeds bytes and reads lines; what `net/` would wait for is left out, and `World.round` stands in
for the flusher, writing to scripted sockets.
"""

import itertools
from collections.abc import Iterator
from typing import cast

from chatd.behaviour.dispatch import dispatch
from chatd.behaviour.fanout import flush_due_notices
from chatd.behaviour.moderation.putting_out import put_out_some
from chatd.behaviour.presence import close, lose
from chatd.behaviour.publication import attach
from chatd.behaviour.resuming import ask_on
from chatd.net.reading import RequestReader
from chatd.net.transports import Transport
from chatd.net.writing import RoundWriter
from chatd.net.yielding import TimeSlice, Turns
from chatd.protocol.events import Cause
from chatd.protocol.limits import DEFAULT, Limits
from chatd.state.room_directory import RoomDirectory
from chatd.state.rows import ReaderRow
from chatd.state.server_state import ServerState
from chatd.state.sessions import OVER, Session, SessionState
from chatd.store.memory import MemoryLog
from tests.support.cheap_passwords import CheapPasswords

_MARK = '{"type":"mark"'


class ScriptedSocket:
    """Takes at each send what the script says (None: all of it), then `rest`; keeps what it took."""

    def __init__(self, script: tuple[int | None, ...] = (), rest: int | None = None) -> None:
        self.script = list(script)
        self.rest = rest
        self.taken = b""
        self.sends = 0

    def send(self, data: bytes | memoryview) -> int:
        self.sends += 1
        most = self.script.pop(0) if self.script else self.rest
        if most == 0:
            raise BlockingIOError
        part = bytes(data) if most is None else bytes(data[:most])
        self.taken += part
        return len(part)


class Player:
    """One client, as its session's ConnectionHandle; `lines` gives what it was sent since the last look."""

    def __init__(self, world: "World", socket: ScriptedSocket | None = None, address: str = "peer") -> None:
        self.world = world
        self.socket = socket or ScriptedSocket()
        self.hung_up = False
        self.session = Session(world.state.limits, self, self.socket.send, address)
        limits, time_slice = (
            world.state.limits,
            TimeSlice(world.state.now, 0, Turns()),
        )  # what is fed is there: nobody waits
        self.reader = RequestReader(self.session, cast(Transport, self.socket), time_slice, limits)
        self._seen = 0
        self.marks: list[str] = []

    send_needs_input = False
    transport = "scripted"
    fingerprint = ""
    since = 0

    def fileno(self) -> int:
        return -1

    def write_now(self) -> None: ...

    def hang_up(self) -> None:
        self.hung_up = True

    def broken(self, cause: Cause) -> None:
        lose(self.world.state, self.session, cause)

    def feed(self, data: bytes | str) -> None:
        """Bytes from the client, handled at once."""
        self.reader.feed(data.encode() if isinstance(data, str) else data)
        while self.session.state not in OVER:
            request = self.reader.next_request()
            if request is None:
                return
            dispatch(self.world.state, self.session, request)
            while self.session.state is SessionState.RESUMING and not self.session.in_flight:
                ask_on(self.world.state, self.session)

    def close(self) -> None:
        close(self.world.state, self.session)

    def lines(self) -> list[str]:
        """A round, then the whole lines that came since the last call."""
        self.world.round()
        return self.read()

    def read(self) -> list[str]:
        """The whole lines that came since the last call; nothing is written for it. Marks, which may stand
        between any two, go to `marks`."""
        text = self.socket.taken[self._seen :]
        end = text.rfind(b"\n") + 1
        self._seen += end
        lines = text[:end].decode().splitlines()
        self.marks += [line for line in lines if line.startswith(_MARK)]
        return [line for line in lines if not line.startswith(_MARK)]


class World:
    """`now` is the clock, in seconds; it stands still unless a test moves it. A round writes to `row` readers
    at a time."""

    def __init__(self, limits: Limits = DEFAULT, row: int = 1) -> None:
        self.now = 1000.0
        self.row = row
        self._parts: Iterator[ReaderRow] | None = None  # of the round that goes on
        tokens = itertools.count(1)
        self.passwords = CheapPasswords()
        self.state = ServerState(
            limits=limits,
            log=MemoryLog(now=lambda: int(self.now * 1e9), recent=limits.recent),
            rooms=RoomDirectory(limits),
            passwords=self.passwords,
            now=lambda: self.now,
            today=lambda: int(self.now * 1000),
            hash_token=lambda token: f"hash of {token}",
            new_person=itertools.count(1).__next__,
            new_token=lambda: f"token-{next(tokens)}",
        )
        self._writer = RoundWriter(self.state.now, lambda: self.state.log.last_id, lambda session: None)
        self.lobby = self.state.rooms.lobby
        attach(self.state)

    def player(self, nick: str = "", socket: ScriptedSocket | None = None, json: bool = False) -> Player:
        """A new client, named where a name is given, its welcome and the notices before it read."""
        player = Player(self, socket)
        if nick:
            player.feed(f'{{"type":"hello","nick":"{nick}"}}\n' if json else f"{nick}\n")
            player.lines()
        return player

    def players(self, *nicks: str) -> list[Player]:
        """Text clients that all know of each other."""
        players = [self.player(nick) for nick in nicks]
        self.settle(*players)
        return players

    def settle(self, *players: Player) -> None:
        """The room becomes quiet: what waits is told, and these have read it."""
        self.pass_time(1)
        for player in players:
            player.lines()
        self.pass_time(1)

    def pass_time(self, seconds: float) -> None:
        """Time passes, then a round."""
        self.now += seconds
        self.round()

    def round(self) -> None:
        """What the flusher does, without its rests and drains; one that goes on is ended first."""
        while self._parts is not None:
            self.step()
        self.step()
        while self._parts is not None:
            self.step()

    def step(self) -> None:
        """A round's turn of one row. Where none goes on, one begins."""
        if self._parts is None:
            put_out_some(self.state)
            flush_due_notices(self.state)
            self._parts = self.state.pending.round(self.row)
        part = next(self._parts, None)
        if part is None:
            self._parts = None
        else:
            self._writer.write_row(part)

    def drain(self, player: Player, size: int = 65536) -> None:
        """One writable event for a client that is behind."""
        session = player.session
        try:
            sent = session.outbox.send(session.outbox.backlog.head(size))
        except BlockingIOError:
            sent = 0
        session.advance(sent, self.now)
