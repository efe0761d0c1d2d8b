"""What covers the messages at the moment: nothing, the page of keys, the hits of a search, the devices, or a
question.
"""

from collections.abc import Callable
from typing import Final

from chatd.protocol.errors import ChatError
from chatd.protocol.events import DirectMessage, Error
from chatd.protocol.history_page import HistoryPage, Told
from chatd.protocol.people_events import DeviceInfo, DeviceList
from chatd.protocol.people_requests import Devices, Revoke
from chatd.protocol.requests import Request, Search
from chatd_client.screen.device_list import DevicePage
from chatd_client.screen.hit_list import HitList
from chatd_client.screen.lines import Composer
from chatd_client.screen.overlay import KeysPage, Overlay
from chatd_client.screen.pages import HistoryPages
from chatd_client.screen.questions import YesOrNo
from chatd_client.screen.subject import Subject
from chatd_client.screen.windows import Windows

#: The `ref` of the list of devices, and of taking one out of it.
DEVICES: Final = "devices"
REVOKED: Final = "revoke"


class Covering:
    """`ask` sends a request; `ignored` tells whose messages are not shown."""

    def __init__(
        self,
        windows: Windows,
        pages: HistoryPages,
        composer: Composer,
        ask: Callable[[Request], None],
        ignored: Callable[[Told], bool],
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

    def devices(self, event: DeviceList) -> None:
        """Cover the messages with the devices, or show the list anew."""
        if isinstance(self.overlay, DevicePage):
            self.overlay.replace(event.devices)
        elif event.ref == DEVICES:
            self.overlay = DevicePage(event.devices, self._revoke)

    def _revoke(self, device: DeviceInfo) -> None:
        self._ask(Revoke(device.number, ref=REVOKED))

    def revoked(self) -> None:
        """The list is another one now."""
        if isinstance(self.overlay, DevicePage):
            self._ask(Devices(ref=DEVICES))

    def ask_whether(self, question: str, act: Callable[[], None]) -> None:
        """Cover the messages with a question; a yes does it."""
        self.overlay = YesOrNo(question, act)

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

    def changed(self) -> None:
        """Messages read otherwise now."""
        if hits := self._hits():
            hits.changed()

    def link_changed(self, online: bool) -> None:
        """The link broke, or there is one."""
        if hits := self._hits():
            hits.online() if online else hits.offline()

    def _go(self, message: Told) -> None:
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
