"""A participant that loses its connection with the server, comes back, and must have missed nothing.

What it says carries a key. What was not answered when the connection broke is sent again with the same key,
in the same order, once it is back: the answer must have the id of the one message that was said. What the
server tells of the time away is compared with the room's log like everything else; its own messages come
there, too, and each has its one place and id.
"""

import socket
from collections import deque
from enum import Enum, auto
from time import monotonic_ns

from msgspec.structs import replace

from chatd.protocol.events import Mark, RoomInfo, Said, Skipped, UserList, Welcome
from chatd.protocol.limits import DEFAULT
from chatd.protocol.requests import Hello, Request, Say
from loadtests.engine import stamps
from loadtests.engine.connection import ConnectionLost
from loadtests.engine.participant import Participant
from loadtests.engine.speaker import Answered, Asked, Company, nobody_waits
from loadtests.measure.errors import Fault


class Absences:
    """Of all who are on one server: how often that was killed, and who has not come back since (`left`). Of
    those who have noticed are `away`, until they connect, and then `arriving`, until they have been told all
    that they missed."""

    def __init__(self) -> None:
        self.kills = 0
        self.left: set[Resumer] = set()
        self.away: deque[Resumer] = deque()
        self.arriving: set[Resumer] = set()

    def kill(self, everyone: "list[Resumer]") -> None:
        """The server is killed now, and all of them lose their connection."""
        self.kills += 1
        self.left.update(everyone)


class Stage(Enum):
    """Where somebody is: live, without a connection, or being told what they missed."""

    HERE = auto()
    AWAY = auto()
    RETURNING = auto()


class Resumer(Participant):
    """`missed` counts what it was told of its absences, `again` what it has sent again; `index` is the number
    of its connection."""

    def __init__(
        self, company: Company, name: str, sock: socket.socket, absences: Absences, index: int = 0
    ) -> None:
        super().__init__(company, name, sock)
        self.index = index
        self.stage = Stage.HERE
        self.missed = self.again = 0
        self._absences = absences
        #: Which of the server's lives its connection belongs to.
        self._life = absences.kills
        self._token: str | None = None
        #: What it said and has no answer to, by ref; and the last of its own ids that it was told of.
        self._in_flight: dict[str, Say] = {}
        self._retold = 0
        #: What it is to say when it is back.
        self._later: list[tuple[str, Answered]] = []

    def lost(self, why: ConnectionLost) -> None:
        """No fault where the server was killed."""
        if self._life == self._absences.kills:
            super().lost(why)
        elif self.stage is not Stage.AWAY:
            self._all.forget(self.sock)
            self.sock.close()
            self._all.unsent.discard(self)
            if self._asked and self._asked[0].kind == "join":
                self._asked.popleft()
            self.stage, self.is_in, self._tail = Stage.AWAY, False, b""
            self._absences.arriving.discard(self)
            self._absences.away.append(self)

    def resume(self, sock: socket.socket) -> None:
        """It is connected again."""
        self.attach(sock)
        self.stage, self.delivery = Stage.RETURNING, "deliver missed"
        self._life, self._retold = self._absences.kills, self.last
        self._absences.arriving.add(self)
        self._all.watch(sock, self.read)
        self._asked.appendleft(Asked(None, "join", monotonic_ns(), nobody_waits))
        self._request(Hello(self.name, self._token, self.last))

    def say(self, text: str, done: Answered = nobody_waits, due: int = 0) -> None:
        """What becomes due while it is not here is due when it is back: how long that takes is a figure of
        its own."""
        if self.stage is Stage.HERE:
            super().say(text, done, due)
        else:
            self._later.append((text, done))

    def _request(self, request: Request) -> None:
        if isinstance(request, Say):
            assert request.ref is not None
            request = replace(request, key=request.ref)
            self._in_flight[request.key or ""] = request
        super()._request(request)

    def _acknowledged(self, id: int, asked: Asked) -> None:
        del self._in_flight[asked.ref or ""]
        super()._acknowledged(id, asked)

    # -- what it receives ----------------------------------------------------------------------------------

    def _hear(self, start: int, stop: int) -> None:
        self.missed += (stop - start) * (self.stage is Stage.RETURNING)
        super()._hear(start, stop)

    def _take_said(self, said: Said, line: bytes) -> None:
        if said.sender == self.name and self.stage is Stage.RETURNING:
            self._take_own(said, line)
        else:
            super()._take_said(said, line)

    def _take_own(self, said: Said, line: bytes) -> None:
        """A message of its own, which was said before the connection broke, or while it did."""
        number = stamps.read(said.sender, said.room, said.text).number
        if not 0 <= number < self.sent[""] or said.key is None:
            raise Fault(f"{self.name} got {line[:200]!r}, which is not what it said: changed")
        if said.id <= max(self.last, self._retold):
            raise Fault(f"{self.name} got {line[:200]!r} again: doubled, or out of order")
        self._retold = said.id
        known = self._log.find(said.id)
        if known is not None and self._log.authors[known] != (self.name, number):
            raise Fault(f"{self.name} got {line[:200]!r}, and others something else of this id: changed")
        if number < self._acked or number in self._early:
            if known is None:
                raise Fault(f"message {number} of {self.name} came with another id, {said.id}: doubled")
        else:
            self.came(said.id, number)
            self._log.acknowledge(said.id, self.name, number, monotonic_ns())

    def _take_welcome(self, welcome: Welcome, line: bytes) -> None:
        if self.stage is Stage.HERE:
            super()._take_welcome(welcome, line)
        elif not welcome.resumed or welcome.nick != self.name:
            raise Fault(f"{self.name} came back, and is not known: {line[:200]!r}")
        else:
            self._asked.popleft()
        self._token = welcome.token

    def _take_room(self, room: RoomInfo, line: bytes) -> None:
        if self.stage is not Stage.RETURNING:
            self._odd(room, line)

    def _take_users(self, users: UserList, line: bytes) -> None:
        if self.stage is Stage.HERE:
            self._take_answer(users, line)
        elif self.name not in users.names and users.count < DEFAULT.shared_list // 2:
            # In a large room the list may be a moment old, and is completed by notices.
            raise Fault(f"{self.name} is back, and not among those who are here: {line[:200]!r}")

    def _take_mark(self, mark: Mark, line: bytes) -> None:
        """It has been told everything, and goes on."""
        if self.stage is Stage.RETURNING:
            self.stage, self.is_in, self.delivery = Stage.HERE, True, "deliver"
            self._absences.left.discard(self)
            self._absences.arriving.discard(self)
            self.again += len(self._in_flight)
            for request in [*self._in_flight.values()]:
                super()._request(request)
            later, self._later = self._later, []
            for text, done in later:
                self.say(text, done)

    def _take_skipped(self, skipped: Skipped, line: bytes) -> None:
        if self.stage is Stage.HERE:
            super()._take_skipped(skipped, line)
        raise Fault(f"{self.name} was away for too long: {skipped.count} messages were not kept for it")


Resumer.taken = Participant.taken | {
    Said: Resumer._take_said,
    Welcome: Resumer._take_welcome,
    RoomInfo: Resumer._take_room,
    UserList: Resumer._take_users,
    Mark: Resumer._take_mark,
    Skipped: Resumer._take_skipped,
}
