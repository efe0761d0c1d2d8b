"""The screen's state and decisions, without a terminal: updates from the link and typed lines come in,
requests to the link and lines of the windows go out.

`on_updates` takes the updates; what is done with one is in the table _HANDLERS at the end. Where something is
shown is decided in `arrivals`, what is done with a typed line in `typed_lines`, what becomes of messages from
here in `own_messages`, and which pages of history are asked for in `pages`.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from chatd.protocol.events import Bye, Error, Event, Left, Mark, RoomInfo, Said, UserList, Welcome
from chatd.protocol.history_page import HistoryPage
from chatd.protocol.moderation_events import Acted
from chatd.protocol.names import fold
from chatd.protocol.people_events import Caught, DeviceList, Done, ReadUpTo, UnreadCounts
from chatd.protocol.requests import LOBBY, Quit, Users
from chatd_client.login import UNREGISTER
from chatd_client.my_rooms import MyRooms
from chatd_client.screen.acts import ActsShown
from chatd_client.screen.answers import Answers
from chatd_client.screen.arrivals import Arrivals
from chatd_client.screen.cells import shown
from chatd_client.screen.chat_window import ChatWindow
from chatd_client.screen.covering import REVOKED, Covering
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_control import LinkControl
from chatd_client.screen.link_status import LinkStatus
from chatd_client.screen.nick_lists import NickLists
from chatd_client.screen.own_messages import OwnMessages
from chatd_client.screen.pages import HistoryPages
from chatd_client.screen.read_marks import READ, ReadMarks
from chatd_client.screen.refusals import RefusalsShown
from chatd_client.screen.room_modes import RoomModes
from chatd_client.screen.status_line import StatusLine
from chatd_client.screen.subject import Subject
from chatd_client.screen.typed_lines import TypedLines
from chatd_client.screen.windows import Windows
from chatd_client.screen.wrapping import TextRow
from chatd_client.settings import Bell
from chatd_client.updates import Cancelled, DeliveryChanged, LinkChanged, LinkState, Update

#: The `ref` of the list of names that the client itself requests: it fills the nick list and is not shown.
_NICK_LIST_REF: Final = "roster"
_MAY_BE_MISSING: Final = "what was said meanwhile may be missing"


class Controller:
    """`server` is only displayed; `size` gives (columns, rows) of the message area; `clock` gives seconds.
    `rooms` are joined at the start, by the link; the last one is shown then.
    """

    def __init__(
        self,
        link: LinkControl,
        composer: Composer,
        server: str,
        size: Callable[[], tuple[int, int]],
        bell: Bell = "mention",
        clock: Callable[[], float] = time.monotonic,
        rooms: Sequence[str] = (),
    ) -> None:
        self._link, self._composer = link, composer
        self.windows = Windows(lambda subject: ChatWindow(subject, composer))
        self._link_status = LinkStatus(clock)
        self.leaving = self.cut_off = False  # cut off: there was no link when the user left
        self.turned_away = ""  # why the server does not have the user
        self.rooms = MyRooms(rooms)
        self.nick_lists = NickLists(self.rooms, lambda: self.windows.room, clock)
        composer.present = self.nick_lists.__contains__
        self.answers = Answers(self.windows)
        self.arrivals = Arrivals(self.windows, composer, self.rooms, self.nick_lists, self.answers, bell)
        self._acts = ActsShown(self.windows, composer, self.rooms, self.arrivals)
        self.pages = HistoryPages(self.windows, composer, self.rooms, link.ask, size, self.arrivals.ignored)
        self.covering = Covering(self.windows, self.pages, composer, link.ask, self.arrivals.ignored)
        self.messages = OwnMessages(self.windows, composer, link)
        self._refusals = RefusalsShown(self.windows, self.rooms, self.answers, self.messages)
        self.typed = TypedLines(
            *(self.windows, self.rooms, self.messages, self.arrivals, self.answers),
            *(link, self._link_status),
            covering=self.covering,
            leave=self.leave,
            columns=lambda: size()[0],
        )
        for room in sorted(set(rooms) - {LOBBY}):  # always in the same order
            if window := self.windows.open(Subject(room=room)):
                window.joining = True
        if rooms and (window := self.windows.of_room(rooms[-1])):
            self.windows.go(window)
        self._modes = RoomModes()
        of_room = self.rooms, self.nick_lists, self._modes
        self._status_line = StatusLine(server, composer, self.windows, *of_room, self._link_status)
        self.reads = ReadMarks(self.windows, link.ask, clock)
        self._rooms_told = False  # between a resumed welcome and its mark: rooms and users unasked
        self._had_welcome = False

    # -- updates from the link --------------------------------------------------------------------------

    def on_updates(self, updates: list[Update]) -> bool:
        """Handle a batch; returns whether to ring the bell, once for the whole batch."""
        for update in updates:
            if isinstance(update, Event):
                self.rooms.happened(update)
                self.nick_lists.happened(update)
                if not isinstance(update, Said):  # which nearly all are
                    self._modes.happened(update)
                    self._composer.deletions.happened(update)
                if self.pages.before(update):
                    continue
            _HANDLERS.get(type(update), Controller._show)(self, update)
        self._acts.settle(self.covering)
        self._refusals.tell_kept_out()
        self.windows.forget_what_is_too_much()
        self.look()
        return self.arrivals.take_rang()

    def look(self) -> None:
        """The window that is shown may be another one by now: ask for what belongs to it."""
        if self.link_state is LinkState.ONLINE:
            if room := self.nick_lists.take_unlisted():
                self._link.ask(Users(room=room, ref=_NICK_LIST_REF))
            self.pages.shown()
            self.reads.look()

    def _show(self, event: Event) -> None:
        self.arrivals.show(event)

    def _welcome(self, event: Welcome) -> None:
        self._composer.name = shown(event.nick)
        if self._had_welcome and not event.resumed:
            for window in self.windows.all:
                if window.scrollback.last_id() and not window.ends_with_gap:
                    window.gap(_MAY_BE_MISSING)
        self._show(event)
        self._rooms_told = event.resumed
        if not event.resumed:
            self._link.ask(Users(ref=_NICK_LIST_REF))
        self._had_welcome = True
        self.reads.link(event.account)
        self.covering.link_changed(True)

    def _page(self, event: HistoryPage) -> None:
        self.covering.page(event)
        self.arrivals.asked_page(event)

    def _done(self, event: Done) -> None:
        if event.token is not None:  # the name is the user's own now
            self.reads.link(True)
        if event.ref == UNREGISTER:
            self.reads.link(False)
        if event.ref == REVOKED:
            self.covering.revoked()
        self._show(event)

    def _caught(self, event: Caught) -> None:
        self.reads.caught_up(event)
        self._show(event)

    def _counted(self, event: UnreadCounts) -> None:
        self.reads.counted(event)
        self._show(event)

    def _users(self, event: UserList) -> None:
        if event.ref != _NICK_LIST_REF and not self._rooms_told:
            self._show(event)

    def _room_told(self, event: RoomInfo) -> None:
        """A room that the user is in has a window, except the one that was not left quickly enough."""
        if event.room in self.rooms:
            window = self.windows.open(Subject(room=event.room))
            if window is not None:
                window.joining = False
        unasked = event.ref is None and self.reads.online  # with an account one is in rooms from elsewhere
        if not self._rooms_told and not unasked:  # who comes back knows these rooms
            self._show(event)

    def _left(self, event: Left) -> None:
        """Whoever left a room does not see it any more; who was put out of it may read what is there."""
        room = event.room or LOBBY
        window = self.windows.of_room(room)
        if window is not None and room not in self.rooms and event.reason and event.ref is None:
            self._acts.put_out(window, event)
        elif window is not None and room not in self.rooms:
            self.windows.close(window)
            (self.answers.window_of(event) or self.windows.current).event(event)
        else:
            self._show(event)

    def _caught_up(self, _: Mark) -> None:
        if self._rooms_told:
            for window in self.windows.all:
                room = window.subject.room
                if room and room not in self.rooms and not window.joining:
                    window.error(f"you are not in #{shown(room)} any more; /join {shown(room)} goes there")
        self._rooms_told = False

    def _error(self, event: Error) -> None:
        if event.ref == READ or self._acts.banned(event):
            return
        self.covering.error(event)
        self._refusals.show(event)

    def _link_changed(self, update: LinkChanged) -> None:
        if update.state is LinkState.ONLINE:
            self.rooms.again(update.resumed)  # which the link asks for
        else:
            self.pages.offline()
            self.reads.link(False)
            self.covering.link_changed(False)
        if update.state is LinkState.OFFLINE:
            self.turned_away = update.why
        error, notice = self._link_status.changed(update)
        for window in self.arrivals.both():
            if error:
                window.error(error)
            if notice and update.state is LinkState.ONLINE and not window.ends_with_gap:
                window.gap(notice)
            elif notice:
                window.notice(notice)

    # -- input from the user ----------------------------------------------------------------------------

    def submit(self, text: str) -> None:
        """Handle a typed line."""
        self.typed.submit(text)
        self.look()

    def scrolled(self, up: bool) -> None:
        """The user has scrolled: what comes there may be asked for."""
        if self.link_state is LinkState.ONLINE:
            self.pages.scrolled(up)

    def leave(self, request: Quit | None = None) -> None:
        """Quit, once, behind the messages that were typed before."""
        if not self.leaving:
            self.reads.leave()
            self.leaving, self.cut_off = True, self.link_state is not LinkState.ONLINE
            self._link.leave(request or Quit())
        if self.messages and self.link_state is LinkState.ONLINE:
            window = self.windows.current
            window.notice(
                f"leaving when {len(self.messages)} of your lines were answered; Ctrl-C leaves at once"
            )
            window.scrollback.to_end()

    # -- what the screen displays -----------------------------------------------------------------------

    def names(self) -> list[str]:
        """The names that Tab completes: all others, those in the current room first, and of them the most
        recent speaker.
        """
        return [name for name in self.nick_lists.names() if fold(name) != fold(self._composer.name)]

    @property
    def link_state(self) -> LinkState:
        """The link's state."""
        return self._link_status.state

    @property
    def sending(self) -> bool:
        """Whether there is a paste that can be cancelled: who leaves waits for it."""
        return bool(self.messages.progress) and not self.leaving

    @property
    def takes_password(self) -> bool:
        """Whether what is typed is no message."""
        return self._link_status.secret

    @property
    def name_to_unlock(self) -> str:
        """The name that needs a password."""
        return self._link_status.name

    def status(self, columns: int) -> TextRow:
        """The status line."""
        return self._status_line.row(columns, self.messages.progress + ", Ctrl-C stops it" * self.sending)


_HANDLERS: Final[dict[type, Callable[[Controller, Any], None]]] = {
    Welcome: Controller._welcome,
    UserList: Controller._users,
    RoomInfo: Controller._room_told,
    Left: Controller._left,
    Acted: lambda controller, event: controller._acts.acted(event),
    HistoryPage: Controller._page,
    UnreadCounts: Controller._counted,
    Caught: Controller._caught,
    Done: Controller._done,
    DeviceList: lambda controller, event: controller.covering.devices(event),
    ReadUpTo: lambda controller, event: controller.reads.read_elsewhere(event),
    Mark: Controller._caught_up,
    Error: Controller._error,
    DeliveryChanged: lambda controller, update: controller.messages.changed(update),
    Cancelled: lambda controller, update: controller.messages.cancelled(update),
    LinkChanged: Controller._link_changed,
    Bye: lambda controller, event: None,  # the LinkChanged that follows has the reason
}
