"""Who keeps the server civil while it is loaded: an admin, as a program that comes with the token of its
device. What it does is timed from the moment in which it is typed."""

import re
from collections import deque
from time import monotonic
from typing import Final, NamedTuple

from msgspec.structs import replace

from chatd.protocol.dialects import JSONL
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Ack, Error, Event
from chatd.protocol.moderation_events import Acted
from chatd.protocol.moderation_requests import Ban, Lockdown, Unban
from chatd.protocol.requests import Hello
from loadtests.engine.connection import LoadConnection
from loadtests.engine.loop import Loop
from loadtests.engine.rabble import ROWDY
from loadtests.engine.sockets import connect
from loadtests.engine.strangers import words
from loadtests.measure.errors import Fault
from loadtests.servers.old_people import OldAccount, token_of

#: What the folder of the server has to know of it.
ADMIN: Final = OldAccount(900_000, "warden", role="admin")

#: What it looks at; in a raid most is what the others shout.
_LOOKED_AT: Final = re.compile(rb'^\{"type":"(?:welcome|acted|ack|error)"[^\n]*\n', re.MULTILINE)
_SHOUTED: Final = re.compile(rb'"type":"said",[^\n]*?"from":"' + ROWDY.encode())

ModeratorRequest = Ban | Unban | Lockdown


class Typed(NamedTuple):
    """The ref of a request, and when that was typed, seconds of `monotonic`."""

    ref: str
    at: float


class Moderator(LoadConnection):
    """`acted` has how many seconds each act took, from being typed until this client was told that it is
    done, as everyone is. Behind a lockdown it must hear nothing of the rabble."""

    def __init__(self, loop: Loop, address: tuple[str, int]) -> None:
        super().__init__(connect(address, 0), ADMIN.name)
        self.is_in = self.locked = False
        self.acted: list[float] = []
        self._loop = loop
        self._typed: deque[Typed] = deque()
        #: By the id of the act: when it was told, and when what was answered had been typed.
        self._told: dict[int, float] = {}
        self._answered: dict[int, float] = {}
        self._count = 0
        self._tail = b""
        loop.watch(self.sock, self._read)
        self.write(JSONL.encode_request(Hello(self.name, token_of(self.name, 0))))

    def do(self, *requests: ModeratorRequest) -> None:
        """It types them, one behind the other."""
        lines = []
        for request in requests:
            self._count += 1
            self._typed.append(Typed(str(self._count), monotonic()))
            lines.append(JSONL.encode_request(replace(request, ref=str(self._count))))
        self.write(b"".join(lines))
        self._loop.push_later([self])

    def done(self) -> bool:
        """Whether all that it typed was done."""
        return not (self._typed or self._answered)

    def left(self) -> str:
        """What was not, in words."""
        return f"{len(self._typed) + len(self._answered)} of what {self.name} typed was not done"

    def close(self) -> None:
        self._loop.forget(self.sock)
        self.sock.close()

    # -- what it hears -----------------------------------------------------------------------------------

    def _read(self) -> None:
        data = self._tail + self.receive()
        cut = data.rfind(b"\n") + 1
        lines, self._tail = data[:cut], data[cut:]
        quiet_from = 0 if self.locked else len(lines)
        for match in _LOOKED_AT.finditer(lines):
            if self._take(self._parsed(match[0])):
                quiet_from = min(quiet_from, match.end())
        if shouted := _SHOUTED.search(lines, quiet_from):
            line = lines[lines.rfind(b"\n", 0, shouted.start()) + 1 :]
            raise Fault(f"behind the lockdown {self.name} heard: {words(line)}")

    def _parsed(self, line: bytes) -> Event:
        try:
            return JSONL.parse_event(line)
        except ChatError as error:
            raise Fault(f"{self.name} got {line[:120]!r}: {error}") from error

    def _take(self, event: Event) -> bool:
        """Whether that is a lockdown."""
        if isinstance(event, Error):
            raise Fault(f"{self.name} was told: {event.code}: {event.text}")
        if isinstance(event, Acted):
            self._told[event.id] = monotonic()
            self._note(event.id)
            self.locked = self.locked or (event.act == "lockdown" and event.value == "on")
            return event.act == "lockdown"
        if isinstance(event, Ack):
            typed = self._typed.popleft()
            if typed.ref != event.ref:
                raise Fault(f"{self.name} got {event}, and the answer to another request was due")
            self._answered[event.id] = typed.at
            self._note(event.id)
        else:
            self.is_in = True
        return False

    def _note(self, id: int) -> None:
        """It was told, or answered; with both it is done."""
        if id in self._told and id in self._answered:
            self.acted.append(self._told.pop(id) - self._answered.pop(id))
