"""What covers the messages at the moment: nothing, the page of keys, or the hits of a search."""

from collections.abc import Callable

from chatd.protocol.errors import ChatError
from chatd.protocol.events import DirectMessage, Error, HistoryPage
from chatd.protocol.requests import Request, Search
from chatd_client.screen.hit_list import HitList
from chatd_client.screen.lines import Composer
from chatd_client.screen.overlay import KeysPage, Overlay
from chatd_client.screen.pages import HistoryPages
from chatd_client.screen.subject import PastMessage, Subject
from chatd_client.screen.windows import Windows


class Covering:
    """`ask` sends a request; `ignored` tells whose messages are not shown."""

    def __init__(
        self,
        windows: Windows,
        pages: HistoryPages,
        composer: Composer,
        ask: Callable[[Request], None],
        ignored: Callable[[PastMessage], bool],
    ) -> None:
        self._windows, self._pages, self._composer, self._ask = windows, pages, composer, ask
        self._ignored = ignored
        self.overlay: Overlay | None = None

    def show_keys(self) -> None:
        """Cover the messages with the keys."""
        self.overlay = KeysPage()

    def search(self, request: Search) -> None:
        """Ask for it, and cover the messages with what is found."""
        self.overlay = HitList(request, self._composer, self._ask, self._go, self._ignored)

    def press(self, key: str) -> None:
        """A key for what covers the messages."""
        overlay = self.overlay
        if overlay is not None and not overlay.press(key) and self.overlay is overlay:
            self.overlay = None

    # -- the hits ---------------------------------------------------------------------------------------

    def _hits(self, ref: str | None = None) -> HitList | None:
        hits = self.overlay if isinstance(self.overlay, HitList) else None
        return hits if hits is not None and ref in (None, hits.ref) else None

    def page(self, event: HistoryPage) -> None:
        """A page that a search found: it is for the list that is shown, if any."""
        if hits := self._hits(event.ref or ""):
            hits.answered(event)

    def error(self, event: Error) -> None:
        """The search failed: a list without hits closes, so that the error is seen."""
        if (hits := self._hits(event.ref or "")) and not hits.failed(event.text):
            self.overlay = None

    def link_changed(self, online: bool) -> None:
        """The link broke, or there is one."""
        if hits := self._hits():
            hits.online() if online else hits.offline()

    def _go(self, message: PastMessage) -> None:
        """Show the message in its window."""
        if isinstance(message, DirectMessage):
            subject = Subject(whom=message.to if self._composer.wrote(message) else message.sender)
        else:
            subject = Subject(room=message.room)
        try:
            window = self._windows.want(subject)
        except ChatError as error:
            return self._windows.current.error(error.text)
        self._windows.go(window)
        return self._pages.go_to(window, message.id)
