"""The history of some rooms and what is live in them, as one stream: no gap, and nothing twice.

A room is *behind* while its history is read, and *level* afterwards. The rules:

1. What is said live in a room that is behind is held, in bounded memory. A room is level when a page said
   that there was no more, and what was held goes on where it ended: the id tells what came twice.
2. Where more came than can be held, the oldest is dropped, and the history is asked for it: `dropped` is
   how far the history has to reach. What the server skipped counts as dropped, too.
3. Messages of several rooms come in the order of their ids, as far as no room has to wait for a page. What
   a level room has waiting is bounded as well: past that it is behind again.
4. Nothing is asked for before what came is taken; a room has one request on its way.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from typing import Final

from chatd.protocol.events import Event, Said, TopicSet
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.moderation_events import Acted
from chatd.protocol.requests import LOBBY, History
from chatd_client.history_walk import HistoryWalk
from chatd_client.incoming import RawLine

#: Live messages that are held, of all rooms together: those of a second in the busiest room.
HELD: Final = 1000

#: What comes live, and is of a room.
_Live = Said | TopicSet | Acted

#: What is to be printed: a live message with its line.
Printable = tuple[RawLine, Event]

_REF: Final = "history "


def history_of(room: str) -> History:
    """The request for the history of a room, without its span."""
    return History(room=room, ref=_REF + room)


class _Room:
    def __init__(self, walk: HistoryWalk, joined: bool, most: int) -> None:
        self.walk = walk
        self.joined = joined
        self._most = most
        self.level = False
        self.asked = False
        self.dropped = 0
        self._held: deque[tuple[RawLine, _Live]] = deque()
        self._waiting: deque[tuple[RawLine, Told]] = deque()  # to be taken, in order

    @property
    def next_id(self) -> int | None:
        """Of the message that is to be taken next; None where there is none."""
        return self._waiting[0][1].id if self._waiting else None

    def pop(self) -> Printable:
        return self._waiting.popleft()

    def is_behind(self, dropped: int) -> None:
        """It has to be read up to the id `dropped`, at least."""
        self.level, self.walk.at_end = False, False
        self.dropped = max(self.dropped, dropped)

    def live(self, line: RawLine, event: _Live) -> None:
        if not self.level:
            self._held.append((line, event))
            if len(self._held) > self._most:
                self.dropped = max(self.dropped, self._held.popleft()[1].id)
        elif event.id <= self.walk.reached:
            return
        elif len(self._waiting) < self._most:
            self._go_on(line, event)
        else:
            self.is_behind(event.id)

    def page(self, page: HistoryPage) -> None:
        self.asked = False
        self._waiting.extend((b"", event) for event in self.walk.take(page))
        if self.walk.at_end and self.walk.reached >= self.dropped:
            self.ends()

    def ends(self) -> None:
        """There is no more history: what was held goes on where it ends."""
        self.level = True
        for line, event in self._held:
            if event.id > self.walk.reached:
                self._go_on(line, event)
        self._held.clear()

    def _go_on(self, line: RawLine, event: _Live) -> None:
        self._waiting.append((line, event))
        self.walk.reached = event.id


class CatchingUp:
    """That of `rooms`: what was said in them since a time (milliseconds since the epoch), or the newest so
    many messages. What comes is given to `live`, `skipped` and `page`; then `ready` is to be printed, and
    `requests` are to be written.
    """

    def __init__(self, rooms: Iterable[str], *, since: int = 0, newest: int = 0) -> None:
        names = [*rooms]
        most = max(1, HELD // max(1, len(names)))
        self._rooms = {
            room: _Room(HistoryWalk(history_of(room), since=since, newest=newest), room == LOBBY, most)
            for room in names
        }

    def opened(self, resumed: bool) -> None:
        """There is a link, maybe another one. What was asked for before is not answered any more. A new
        person has to join its rooms again, and has missed what was said meanwhile.
        """
        for name, room in self._rooms.items():
            room.asked = False
            if not resumed:
                room.joined = name == LOBBY
                room.is_behind(0)

    def joined(self, name: str) -> None:
        """The user is in this room: its history may be asked for."""
        if room := self._rooms.get(name):
            room.joined = True

    def refused(self, name: str) -> None:
        """The user may not be in this room."""
        self._rooms.pop(name, None)

    def live(self, line: RawLine, event: Event) -> bool:
        """Whether this is a message of such a room: then it comes from `ready`, in its place."""
        room = self._rooms.get(event.room) if isinstance(event, _Live) else None
        if room is None or not isinstance(event, _Live):
            return False
        room.live(line, event)
        return True

    def skipped(self, room: str, before: int | None) -> bool:
        """The server has left out messages of a room, below the id `before`. Whether they are read again."""
        known = self._rooms.get(room)
        if known is None or before is None:
            return False
        known.is_behind(before - 1)
        return True

    def room_of(self, ref: str | None) -> str | None:
        """The room whose history the answer with this `ref` is."""
        name = (ref or "").removeprefix(_REF)
        return name if ref == _REF + name and name in self._rooms else None

    def page(self, room: str, page: HistoryPage) -> bool:
        """A page of the room came; returns whether messages are gone that were not read yet. Raises
        BadHistory.
        """
        walk = self._rooms[room].walk
        self._rooms[room].page(page)
        hole, walk.hole = walk.hole, False
        return hole

    def ask_again(self, room: str) -> None:
        """The server could not answer now."""
        self._rooms[room].asked = False

    def give_up(self, room: str) -> None:
        """No history of this room is to be had: only what is live."""
        self._rooms[room].ends()

    def requests(self) -> Iterator[History]:
        """What is to be asked for now."""
        for room in self._rooms.values():
            if room.joined and not room.level and not room.asked and room.next_id is None:
                room.asked = True
                yield room.walk.request

    def ready(self) -> Iterator[Printable]:
        """What can be printed now."""
        rooms = list(self._rooms.values())
        while rooms:
            if any(room.next_id is None and not room.level for room in rooms):
                return
            rooms = [room for room in rooms if room.next_id is not None]
            if rooms:
                yield min(rooms, key=lambda room: room.next_id or 0).pop()
