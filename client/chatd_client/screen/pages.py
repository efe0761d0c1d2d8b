"""Pages of history, asked for when the user comes to a room, and when one scrolls up to what is not there.

The rules:

1. Nothing waits for a page. It is put where it belongs when it comes: the newest one of a room before the
   line that says that the user is there, an older one above all lines.
2. Each message is shown once, whether it came by itself or in a page: its id tells.
3. At most one older page is on its way. The server tells when there is no more.
"""

from collections.abc import Callable
from typing import Final

from chatd.protocol.events import Error, Event, HistoryPage, Left, RoomInfo, Welcome
from chatd.protocol.requests import LOBBY, History, Request
from chatd_client.my_rooms import MyRooms, answered_by
from chatd_client.screen.transcript import Transcript

#: Messages of a page that is asked for by scrolling: a few screens.
OLDER_MESSAGES: Final = 100
#: Messages of the first page, at least and at most: a screen has about as many.
FIRST_MESSAGES: Final = (10, 100)

_FIRST: Final = "history new "
_OLDER: Final = "history old "


class HistoryPages:
    """`ask` sends a request; `size` gives (columns, rows) of the message area."""

    def __init__(
        self,
        transcript: Transcript,
        rooms: MyRooms,
        ask: Callable[[Request], None],
        size: Callable[[], tuple[int, int]],
    ) -> None:
        self._transcript, self._rooms, self._ask, self._size = transcript, rooms, ask, size
        self._places: dict[str, int] = {}  # before which line the first page of a room goes
        self._older_room: str | None = None  # of the page that is on its way
        self._begins: dict[str, int | None] = {}  # the first message of a room, where the server told
        self._begin_told: set[str] = set()
        self._been: set[str] = set()  # rooms to which the user has come on this link

    def offline(self) -> None:
        """The link broke: no answer comes."""
        self._places.clear()
        self._older_room = None

    def before(self, event: Event) -> bool:
        """Take note of what the server says, before it is shown; True for a page, or its error, which was
        asked for here.
        """
        ref = getattr(event, "ref", None) or ""
        room = ref.rpartition(" ")[2]
        match event:
            case Welcome(resumed=resumed):
                if not resumed:
                    self._been.clear()
                    self._come(LOBBY)
            case RoomInfo() if answered_by(event):
                self._come(event.room)
            case Left() if answered_by(event):
                self._been.discard(str(event.room))
            case HistoryPage() | Error() if ref.startswith(_FIRST):
                self._first_came(event, room)
                return True
            case HistoryPage() | Error() if ref.startswith(_OLDER):
                self._older_came(event, room)
                return True
        return False

    def _first_came(self, event: HistoryPage | Error, room: str) -> None:
        """An error is not told: nobody asked."""
        place = self._places.pop(room, None)
        if isinstance(event, HistoryPage) and place is not None:
            self._put(event, room, place)

    def _older_came(self, event: HistoryPage | Error, room: str) -> None:
        expected, self._older_room = self._older_room, None
        if isinstance(event, Error):
            self._transcript.error(event.text)
        elif room == expected:
            self._put(event, room, self._transcript.scrollback.first_number)
            self._tell_begin(room)

    def scrolled_up(self) -> None:
        """The user looks at what is near the first line."""
        scrollback, room = self._transcript.scrollback, self._rooms.current
        waits = self._older_room is not None or room in self._places
        if waits or not scrollback.takes_more or not scrollback.near_top(*self._size()):
            return
        first = scrollback.first_id(room)
        if room in self._begins and self._begins[room] == first:
            self._tell_begin(room)
        elif room in self._been:
            self._older_room = room
            self._ask(History(room=room, before=first, limit=OLDER_MESSAGES, ref=_OLDER + room))

    def _come(self, room: str) -> None:
        if room in self._been:
            return
        self._been.add(room)
        self._places[room] = self._transcript.scrollback.end_number
        least, most = FIRST_MESSAGES
        self._ask(History(room=room, limit=min(max(self._size()[1], least), most), ref=_FIRST + room))

    def _put(self, page: HistoryPage, room: str, place: int) -> None:
        scrollback = self._transcript.scrollback
        if not page.more:
            self._begins[room] = page.messages[0].id if page.messages else scrollback.first_id(room)
        shown = scrollback.ids(room)
        shift = self._transcript.put([one for one in page.messages if one.id not in shown], place)
        self._places = {each: at + shift * (at >= place) for each, at in self._places.items()}

    def _tell_begin(self, room: str) -> None:
        """Once, above all lines, when all of them are shown."""
        if room in self._begins and room not in self._begin_told:
            self._begin_told.add(room)
            self._transcript.put_begin("the lobby" if room == LOBBY else f"#{room}")
