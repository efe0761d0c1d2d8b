"""The rooms that the user is in, and the one in which is said what is typed (the *current* one).

The rules:

1. What is sent always names its room: `named` fills in the one that is meant. A room is current when the
   server has answered the `join`. What is typed before that is said there already: so what follows a join
   that is refused is refused, too, and never read by the wrong people.
2. Whoever leaves the current room is back in the one that was current before it. The lobby is always there.
3. A request to join or leave has a `ref` that says so, and its answer has the same.
4. On another link a new person joins the rooms again: those that were joined, or asked for, and not left. One
   that is refused then is not tried again.
5. The same person is in its rooms, and is told so: a `room` each, then a `mark`. What was asked for and not
   answered is asked for again.
6. Rooms from an earlier run of the program count as asked for: they are joined on the first link, as in
   rule 4.
7. Who has an account is in its rooms on all devices: what another one joins is told without being asked for,
   and so is what it leaves. Who is put out of a room is told likewise, with a reason; a guest, too. What it
   types is said there still, and so refused, until it goes somewhere.
8. The key of a room is remembered as long as the user is there, to join it again, and is kept nowhere.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from chatd.protocol.events import Error, Event, Left, Mark, RoomInfo, Welcome
from chatd.protocol.moderation_requests import InRoom
from chatd.protocol.names import check_room, fold, fold_room
from chatd.protocol.people_events import Done, Renamed
from chatd.protocol.requests import HERE, LOBBY, History, Join, Leave, Request, Say, Topic, Users

_Named = TypeVar("_Named", bound=Request)

_JOIN: Final = "join "
_AGAIN: Final = "rejoin "
_LEAVE: Final = "leave "


def room_kept_out_of(event: Error) -> str:
    """The room that was not joined again on another link; "" where the error is about something else."""
    ref = event.ref or ""
    return ref.removeprefix(_AGAIN) if ref.startswith(_AGAIN) else ""


class MyRooms:
    """Those of one user. In the full screen the two threads have one each, and both hear the same.
    `rooms` are those of rule 6, the current one last.
    """

    def __init__(self, rooms: Iterable[str] = ()) -> None:
        self._joined = [LOBBY]  # the one that was current last is the last one
        self._asked = [*rooms]  # the same, as it will be when everything is answered as it should be
        if LOBBY not in self._asked:
            self._asked.insert(0, LOBBY)
        self._unanswered: list[str] = []  # the refs of what was asked for, of rule 4 as of rule 1
        self._told: set[str] | None = None  # rooms of rule 5, until the mark
        self._coming_back: set[str] = set()  # into these, of rule 4, until they answer
        self._nick, self._account = "", False  # of rule 7
        self._put_out = ""  # of rule 7: the room in which it typed
        self._keys: dict[str, str] = {}  # of rule 8, by room

    @property
    def current(self) -> str:
        """The room that is current."""
        return self._joined[-1]

    @property
    def here(self) -> str:
        """The room that is meant by what is typed now."""
        return self._put_out or self._asked[-1]

    @property
    def lobby_only(self) -> bool:
        """Whether the user is in no other room, and did not ask for one."""
        return not self._unanswered and len(self._joined) == 1

    @property
    def coming_back(self) -> bool:
        """Whether a room that was asked to have the user back has not answered yet."""
        return bool(self._coming_back)

    @property
    def order(self) -> list[str]:
        """All that the user is in, or asked for, the current one last: what to remember."""
        return [*self._asked]

    def __contains__(self, room: str) -> bool:
        return room in self._joined

    def named(self, request: _Named) -> _Named:
        """The request, which is about to be sent, with its room. Raises ChatError for what is no room."""
        named: Any = request
        match request:
            case Join():
                room = check_room(request.room)
                named = replace(request, room=room, ref=_JOIN + room)
            case Leave():
                room = self.here if request.room == HERE else check_room(request.room)
                named = replace(request, room=room, ref=_LEAVE + room)
            case Say() | Topic() | Users() | History() | InRoom() if request.room is not None:
                room = self.here if request.room == HERE else fold_room(request.room)
                if room != request.room:
                    named = replace(request, room=room)
        self.asked(named)
        return named  # type: ignore[no-any-return]  # of the same class

    def asked(self, request: Request) -> None:
        """This request, made by `named`, is about to be sent."""
        if isinstance(request, Join | Leave):
            self._unanswered.append(str(request.ref))
            _move(self._asked, request.room, isinstance(request, Join))
            self._put_out = ""
        if isinstance(request, Join) and request.key is not None:
            self._keys[request.room] = request.key

    def again(self, resumed: bool = False) -> list[Join | Leave]:
        """There is a link, maybe another one: what is to be asked for on it. `resumed`: the user is the same
        person there.
        """
        self._coming_back.clear()
        if resumed:
            self._told = set()
            return [self._request(ref) for ref in self._unanswered]
        self._told = None
        self._joined = [*self._asked]
        rooms = [room for room in self._asked if room != LOBBY]
        self._unanswered = [_JOIN + room for room in rooms]
        self._coming_back.update(rooms)
        return [Join(room=room, key=self._keys.get(room), ref=_AGAIN + room) for room in rooms]

    def happened(self, event: Event) -> None:
        """The server says this, which may be an answer."""
        ref = answered_by(event)
        if self._told is not None:
            self._take_over(event, self._told)
        self._follow(event)
        if ref not in self._unanswered:
            return
        self._unanswered.remove(ref)
        room = ref.partition(" ")[2]
        self._coming_back.discard(room)
        match event:
            case RoomInfo() if event.ref == ref:
                _move(self._joined, room, True)
            case Left():
                _move(self._joined, room, False)
            case Error() if ref.startswith(_JOIN) and ref not in self._unanswered:
                _move(self._joined, room, False)
                _move(self._asked, room, False)
        if not self._unanswered:
            self._asked = [*self._joined]
            self._keys = {room: key for room, key in self._keys.items() if room in self._joined}

    def _request(self, ref: str) -> Join | Leave:
        """What was asked for under this ref, to be asked for again."""
        what, _, room = ref.partition(" ")
        if what == _LEAVE.strip():
            return Leave(room=room, ref=ref)
        return Join(room=room, key=self._keys.get(room), ref=ref)

    def _follow(self, event: Event) -> None:
        """Of rule 7."""
        match event:
            case Welcome():
                self._nick, self._account = fold(event.nick), event.account
            case Done(token=str()):
                self._account = True
            case Renamed(old=old, new=new) if fold(old) == self._nick:
                self._nick = fold(new)
            case RoomInfo(ref=None) if self._account:
                self._add(event.room)
            case Left(room=str(room), ref=None, names=[name], reason=reason) if fold(name) == self._nick:
                if reason and room == self.here:
                    self._put_out = room
                if self._account or reason:  # of guests, another one may have had the name, and left
                    self._drop(room)

    def _add(self, room: str) -> None:
        """What is not known here is in the list before the lobby, so that it is never current."""
        self._put_out = "" if room == self._put_out else self._put_out
        for rooms in (self._joined, self._asked):
            if room not in rooms and _LEAVE + room not in self._unanswered:
                rooms.insert(0, room)

    def _drop(self, room: str) -> None:
        _move(self._joined, room, False)
        if _JOIN + room not in self._unanswered:
            _move(self._asked, room, False)

    def _take_over(self, event: Event, told: set[str]) -> None:
        """Of rule 5."""
        match event:
            case RoomInfo(ref=None):
                told.add(event.room)
                self._add(event.room)
            case Mark() if told:
                self._told = None
                for room in {*self._joined} - told:
                    self._drop(room)

    def waits(self, request: Request) -> bool:
        """Whether a request to join or leave has no answer yet."""
        return getattr(request, "ref", "") in self._unanswered


def answered_by(event: Event) -> str:
    """The ref of the request to join or leave that the event answers, on whatever link; "" for none."""
    ref = getattr(event, "ref", None) or ""
    return ref.removeprefix("re") if ref.startswith(_AGAIN) else ref


def _move(rooms: list[str], room: str, joined: bool) -> None:
    """To the end, or out of the list. The lobby stays in it."""
    if room in rooms and (joined or room != LOBBY):
        rooms.remove(room)
    if joined:
        rooms.append(room)
