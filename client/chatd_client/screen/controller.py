"""The screen's state and decisions, without a terminal: updates from the link and typed lines come in,
requests to the link and lines of the scrollback go out.

`on_updates` takes the updates, `submit` a typed line, `send_pasted` a paste. What is done with an update is
in the table _HANDLERS, what is done with a local command in _LOCAL_COMMANDS, both at the end of the module.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError
from chatd.protocol.events import (
    Bye,
    DirectMessage,
    Error,
    Event,
    HistoryPage,
    Mark,
    RoomInfo,
    Said,
    UserList,
    Welcome,
)
from chatd.protocol.names import check_name, fold
from chatd.protocol.requests import HERE, LOBBY, Direct, Quit, Request, Say, Users
from chatd.protocol.sanitize import clean_message
from chatd_client.my_rooms import MyRooms, room_kept_out_of
from chatd_client.outgoing import Message
from chatd_client.screen import commands
from chatd_client.screen.cells import shown
from chatd_client.screen.deliveries import Deliveries
from chatd_client.screen.lines import Composer
from chatd_client.screen.link_control import LinkControl
from chatd_client.screen.link_status import LinkStatus
from chatd_client.screen.nick_lists import NickLists
from chatd_client.screen.pages import HistoryPages
from chatd_client.screen.paste import message_of
from chatd_client.screen.status import Part, fit
from chatd_client.screen.transcript import Transcript
from chatd_client.settings import Bell
from chatd_client.updates import Cancelled, DeliveryChanged, LinkChanged, LinkState, Update

#: The `ref` of the list of names that the client itself requests: it fills the nick list and is not shown.
_NICK_LIST_REF: Final = "roster"

_SAY_HERE: Final = Say(text="", room=HERE)


class Controller:
    """`server` is only displayed; `size` gives (columns, rows) of the message area; `clock` gives seconds."""

    def __init__(
        self,
        link: LinkControl,
        composer: Composer,
        server: str,
        size: Callable[[], tuple[int, int]],
        bell: Bell = "mention",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._link, self._composer, self._server, self._size = link, composer, server, size
        self._transcript = Transcript(composer, bell)
        self.scrollback = self._transcript.scrollback
        self.notice, self.error = self._transcript.notice, self._transcript.error
        self._link_status = LinkStatus(clock)
        self.leaving = self.cut_off = False  # cut off: there was no link when the user left
        self.rooms = MyRooms()
        self.nick_lists = NickLists(self.rooms)
        composer.present = self.nick_lists.__contains__
        self._pages = HistoryPages(self._transcript, self.rooms, link.ask, size)
        self._deliveries = Deliveries()
        self._rooms_told = False  # between a resumed welcome and its mark: rooms and users unasked

    # -- updates from the link -------------------------------------------------------------------------

    def on_updates(self, updates: list[Update]) -> bool:
        """Handle a batch; returns whether to ring the bell, once for the whole batch."""
        for update in updates:
            if isinstance(update, Event):
                self.rooms.happened(update)
                self.nick_lists.happened(update)
                if self._pages.before(update):
                    continue
            _HANDLERS.get(type(update), Controller._show_event)(self, update)
        if room := self.nick_lists.take_unlisted():
            self._link.ask(Users(room=room, ref=_NICK_LIST_REF))
        return self._transcript.take_rang()

    def _show_event(self, event: Event) -> None:
        self._transcript.event(event)

    def _message(self, event: Said | DirectMessage) -> None:
        if self._transcript.message(event):
            room = event.room if isinstance(event, Said) else LOBBY
            self.nick_lists.spoke(shown(event.sender), room)

    def _welcome(self, event: Welcome) -> None:
        self._composer.name = shown(event.nick)
        self._show_event(event)
        self._rooms_told = event.resumed
        if not event.resumed:
            self._link.ask(Users(ref=_NICK_LIST_REF))

    def _page(self, event: HistoryPage) -> None:
        self._transcript.page(event)

    def _users(self, event: UserList) -> None:
        if event.ref != _NICK_LIST_REF:
            self._room_told(event)

    def _room_told(self, event: RoomInfo | UserList) -> None:
        """Who comes back knows these rooms."""
        if not self._rooms_told:
            self._show_event(event)

    def _caught_up(self, _: Mark) -> None:
        self._rooms_told = False

    def _error(self, event: Error) -> None:
        room = room_kept_out_of(event)
        self.error(f"you are not in #{room} any more: {event.text}" if room else event.text)

    def _delivery_changed(self, update: DeliveryChanged) -> None:
        for line in self._deliveries.changed(update.ref, update.state):
            line.acknowledged(update.id)

    def _cancelled(self, update: Cancelled) -> None:
        self.notice(self._deliveries.cancelled(update.refs))

    def _link_changed(self, update: LinkChanged) -> None:
        if update.state is LinkState.ONLINE:
            self.rooms.again(update.resumed)  # which the link asks for
        else:
            self._pages.offline()
        error, notice = self._link_status.changed(update)
        if error:
            self.error(error)
        if notice:
            self.notice(notice)

    # -- input from the user ---------------------------------------------------------------------------

    def submit(self, text: str) -> None:
        """Handle a typed line. An empty one scrolls to the end."""
        if text.strip():
            self._run(self._execute, text)
        else:
            self.scrollback.to_end()

    def scrolled_up(self) -> None:
        """The user has scrolled up: what comes above may be asked for."""
        if self.link_state is LinkState.ONLINE:
            self._pages.scrolled_up()

    def send_pasted(self, lines: list[str], template: Message = _SAY_HERE) -> None:
        """Send lines as messages like the template, even those that begin with `/`, or while a name is being
        asked for.
        """
        for line in lines:
            self._run(partial(self._say, template), line)

    def cancel_paste(self) -> None:
        """Do not send what is not sent yet of what was pasted."""
        self._link.cancel(self._deliveries.stop_paste())

    def _run(self, act: Callable[[str], bool | None], text: str) -> None:
        """Call `act`, and scroll to the end so that its result is visible, unless `act` has scrolled to the
        result itself and returns True.
        """
        scrolled: bool | None = False
        try:
            scrolled = act(text.encode(errors="replace").decode())
        except ChatError as error:
            self.error(error.text)
        if not scrolled:
            self.scrollback.to_end()

    def _execute(self, text: str) -> bool | None:
        text = commands.bare(text)
        local = commands.parse(text)
        if local is not None:
            return _LOCAL_COMMANDS[local[0]](self, local[1])
        if self.link_state is LinkState.NAMELESS and not text.startswith("/"):
            self._rename(text.strip())
        elif "\n" in (text := text.rstrip("\n")):
            self._post(message_of(text, self.rooms.here))
        else:
            self._request(TEXT.parse(text.encode()))
        return None

    def _say(self, template: Message, text: str) -> None:
        self._post(replace(template, text=clean_message(text)), pasted=True)

    def _request(self, request: Request | None) -> None:
        match request:
            case Say() | Direct():
                self._post(request)
            case Quit():
                self.leave(request)
            case Request() if self.link_state is LinkState.ONLINE:
                self._link.ask(self.rooms.named(request))
            case Request():
                self.error("there is no link to the server at the moment")

    def _post(self, message: Message, pasted: bool = False) -> None:
        message = self.rooms.named(message)
        ref = self._deliveries.next_ref()
        lines = self._composer.own_message(message)
        self._deliveries.add(ref, lines, pasted)
        self._transcript.add(*lines)
        self._link.post(replace(message, ref=ref))

    def leave(self, request: Quit | None = None) -> None:
        """Quit, once, behind the messages that were typed before."""
        if not self.leaving:
            self.leaving, self.cut_off = True, self.link_state is not LinkState.ONLINE
            self._link.leave(request or Quit())
        if self._deliveries and self.link_state is LinkState.ONLINE:
            self.notice(
                f"leaving when {len(self._deliveries)} of your lines were answered; Ctrl-C leaves at once"
            )
            self.scrollback.to_end()

    def _rename(self, name: str) -> None:
        self._link.rename(check_name(name))

    def _help(self) -> None:
        for line in commands.help_lines():
            self.notice(line)

    # -- what the screen displays ----------------------------------------------------------------------

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
        return bool(self._deliveries.progress) and not self.leaving

    def status(self, columns: int) -> str:
        """The status line."""
        room = self.rooms.current
        count = self.nick_lists.count if self.link_state is LinkState.ONLINE else None
        unread = f"{self.scrollback.unread} new below" if self.scrollback.unread else ""
        past = "" if unread or not self.scrollback.scrolled else "scrolled up"
        hint = ", Ctrl-C stops it" if self.sending else ""
        parts = (
            Part(1, shown(self._server)),
            Part(3, self._composer.name),
            Part(0, room if room == LOBBY else f"#{room}"),
            Part(2, "" if count is None else f"{count} here"),
            Part(5, self._link_status.text),
            Part(4, unread or past),
            Part(6, self._deliveries.progress + hint),
        )
        return fit(parts, columns)


_HANDLERS: Final[dict[type, Callable[[Controller, Any], None]]] = {
    Said: Controller._message,
    DirectMessage: Controller._message,
    Welcome: Controller._welcome,
    UserList: Controller._users,
    RoomInfo: Controller._room_told,
    HistoryPage: Controller._page,
    Mark: Controller._caught_up,
    Error: Controller._error,
    DeliveryChanged: Controller._delivery_changed,
    Cancelled: Controller._cancelled,
    LinkChanged: Controller._link_changed,
    Bye: lambda controller, event: None,  # the LinkChanged that follows has the reason
}

_LOCAL_COMMANDS: Final[dict[str, Callable[[Controller, str], bool | None]]] = {
    "/clear": lambda controller, _: controller._transcript.clear(),
    "/ignore": lambda controller, name: controller._transcript.ignore(name),
    "/unignore": lambda controller, name: controller._transcript.unignore(name),
    "/search": lambda controller, text: controller._transcript.search(text, controller._size()[0]),
    "/reconnect": lambda controller, _: controller._link.reconnect(),
    "/name": Controller._rename,
    "/help": lambda controller, _: controller._help(),
}
