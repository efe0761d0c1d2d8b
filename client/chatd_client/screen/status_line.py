"""What stands in the status line: where one is, as whom, what is new in which window, and how the link is."""

from chatd_client.screen import window_list
from chatd_client.screen.cells import shown
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_status import LinkStatus
from chatd_client.screen.nick_lists import NickLists
from chatd_client.screen.status import fit, plain
from chatd_client.screen.windows import Windows
from chatd_client.screen.wrapping import TextRow
from chatd_client.updates import LinkState


class StatusLine:
    """`server` is only displayed."""

    def __init__(
        self, server: str, composer: Composer, windows: Windows, nick_lists: NickLists, link: LinkStatus
    ) -> None:
        self._server, self._composer, self._windows = server, composer, windows
        self._nick_lists, self._link = nick_lists, link

    def row(self, columns: int, progress: str) -> TextRow:
        """`progress` is that of a paste."""
        online = self._link.state is LinkState.ONLINE
        name = self._composer.name
        back = self._windows.current.scrollback
        unread = f"{back.unread} new below" if back.unread else "scrolled up" if back.scrolled else ""
        parts = (
            plain(10, shown(self._server)),
            plain(30, f"{name} (away)" if online and self._nick_lists.is_away(name) else name),
            window_list.part(self._windows.all),
            plain(20, self._who_is_here() if online else ""),
            plain(40 if online else 70, self._link.text),
            plain(60, unread),
            plain(80, progress),
        )
        return fit(parts, columns)

    def _who_is_here(self) -> str:
        whom = self._windows.current.subject.whom
        if whom:
            if whom not in self._nick_lists:
                return "not here"
            return "away" if self._nick_lists.is_away(whom) else "here"
        count = self._nick_lists.count
        return "" if count is None else f"{count} here"
