"""What stands in the status line: where one is, as whom, what is new in which window, how the room is set,
and how the link is.
"""

from chatd.protocol.requests import LOBBY
from chatd_client.my_rooms import MyRooms
from chatd_client.screen import window_list
from chatd_client.screen.cells import shown
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_status import LinkStatus
from chatd_client.screen.nick_lists import NickLists
from chatd_client.screen.room_modes import RoomModes
from chatd_client.screen.status import fit, plain
from chatd_client.screen.windows import Windows
from chatd_client.screen.wrapping import TextRow
from chatd_client.updates import LinkState


class StatusLine:
    """`server` is only displayed."""

    def __init__(
        self,
        server: str,
        composer: Composer,
        windows: Windows,
        rooms: MyRooms,
        nick_lists: NickLists,
        modes: RoomModes,
        link: LinkStatus,
    ) -> None:
        self._server, self._composer, self._windows, self._rooms = server, composer, windows, rooms
        self._nick_lists, self._modes, self._link = nick_lists, modes, link

    def row(self, columns: int, progress: str) -> TextRow:
        """`progress` is that of a paste."""
        online = self._link.state is LinkState.ONLINE
        back = self._windows.current.scrollback
        unread = f"{back.unread} new below" if back.unread else "scrolled up" if back.scrolled else ""
        parts = (
            plain(10, shown(self._server)),
            plain(30, self._who_one_is() if online else self._composer.name),
            window_list.part(self._windows.all),
            plain(20, self._who_is_here() if online else ""),
            plain(25, self._modes.text(self._room) if online else ""),
            plain(40 if online else 70, self._link.text),
            plain(60, unread),
            plain(80, progress),
        )
        return fit(parts, columns)

    @property
    def _room(self) -> str:
        """The one of which it tells what is set there: where one is not, that is not known."""
        return self._windows.room if self._windows.room in self._rooms else LOBBY

    def _who_one_is(self) -> str:
        name = self._composer.name
        away = "away" if self._nick_lists.is_away(name) else ""
        beside = ", ".join(filter(None, (self._nick_lists.roles.mine(self._room), away)))
        return f"{name} ({beside})" if beside else name

    def _who_is_here(self) -> str:
        window = self._windows.current
        room, whom = window.subject
        if room and room not in self._rooms and not window.joining:
            return "not in it"
        if whom:
            if whom not in self._nick_lists:
                return "not here"
            return "away" if self._nick_lists.is_away(whom) else "here"
        count = self._nick_lists.count
        return "" if count is None else f"{count} here"
