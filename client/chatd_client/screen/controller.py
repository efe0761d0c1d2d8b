"""What the screen knows, without a terminal: what happens comes in, what is typed goes out.

`heard` is the way in for the one, `entered` for the other, and `say` for what was pasted; a table for each of
the first two says what is done with what.
"""

import itertools
import math
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from msgspec.structs import replace

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError
from chatd.protocol.events import Bye, DirectMessage, Event, Joined, Left, Lost, Said, UserList, Welcome
from chatd.protocol.names import check_name, fold
from chatd.protocol.requests import LOBBY, Direct, Quit, Request, Say, Users
from chatd.protocol.sanitize import clean_message
from chatd_client.outgoing import DeliveryState, Message
from chatd_client.screen import commands
from chatd_client.screen.lines import Composer, OwnLine, rings
from chatd_client.screen.nick_list import NickList
from chatd_client.screen.scrollback import Scrollback
from chatd_client.screen.status import Part, fit
from chatd_client.screen.wrapping import shown
from chatd_client.settings import Bell
from chatd_client.updates import DeliveryChanged, LinkChanged, LinkState, Update

#: The list of names that was asked for by us, not by the person.
_ROSTER: Final = "roster"


class LinkControl(Protocol):
    """The keeper, as seen from here."""

    def post(self, message: Message) -> None: ...

    def ask(self, request: Request) -> None: ...

    def resend(self) -> None: ...

    def reconnect(self) -> None: ...

    def rename(self, name: str) -> None: ...

    def leave(self, farewell: Quit) -> None: ...


class Controller:
    """`server` is only shown; `size` gives the (columns, rows) of the message area; times are seconds."""

    def __init__(
        self,
        wire: LinkControl,
        composer: Composer,
        server: str,
        size: Callable[[], tuple[int, int]],
        bell: Bell = "mention",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._wire, self._composer, self._server, self._size = wire, composer, server, size
        self._bell, self._clock = bell, clock
        self.scrollback = Scrollback()
        self.phase = LinkState.CONNECTING
        self.leaving = self.cut_off = False  # cut off: there was no link when someone left
        self._due = 0.0  # when the next attempt is made
        self._told = ""
        self._roster = NickList()
        self._ignored: set[str] = set()
        self._own: dict[str, OwnLine] = {}
        self._refs = itertools.count(1)
        self._rang = False

    # -- what happens ----------------------------------------------------------------------------------

    def heard(self, happenings: list[Update]) -> bool:
        """Take it in; whether the bell is to ring, once for all of it."""
        self._rang = False
        for happening in happenings:
            _HEARD.get(type(happening), Controller._told_event)(self, happening)
        unsure = sum(
            isinstance(it, DeliveryChanged) and it.state is DeliveryState.UNCERTAIN for it in happenings
        )
        if unsure:
            self.error(f"{unsure} of your lines may not have arrived (marked ?); /resend sends them again")
        return self._rang

    def notice(self, text: str) -> None:
        """A word of the screen's own."""
        self.scrollback.append(self._composer.notice(text))

    def error(self, text: str) -> None:
        """The same, about what went wrong."""
        self.scrollback.append(self._composer.error(text))

    def _told_event(self, event: Event) -> None:
        for line in self._composer.told(event):
            self.scrollback.append(line)

    def _message(self, event: Said | DirectMessage) -> None:
        sender = shown(event.sender)
        if fold(sender) in self._ignored:
            return
        self._roster.spoke(sender)
        self._rang = self._rang or rings(self._bell, self._composer.kind(event))
        self.scrollback.append(self._composer.heard(event))

    def _welcome(self, event: Welcome) -> None:
        self._composer.name = shown(event.nick)
        self._roster.count = event.users
        self._told_event(event)
        self._wire.ask(Users(ref=_ROSTER))

    def _users(self, event: UserList) -> None:
        self._roster.all_are(map(shown, event.names), event.count)
        if event.ref != _ROSTER:
            self._told_event(event)

    def _joined(self, event: Joined) -> None:
        self._roster.came(map(shown, event.names), event.count)
        self._told_event(event)

    def _gone(self, event: Left | Lost) -> None:
        self._roster.went(map(shown, event.names), event.count)
        self._told_event(event)

    def _moved(self, moved: DeliveryChanged) -> None:
        line = self._own.get(moved.ref)
        if line is None:
            return
        line.move(moved.state)
        if moved.state in (DeliveryState.ACKNOWLEDGED, DeliveryState.REFUSED):
            del self._own[moved.ref]

    def _changed(self, changed: LinkChanged) -> None:
        self.phase = changed.phase
        self._due = self._clock() + changed.wait
        if changed.phase is LinkState.ONLINE:
            self._told = ""
        if changed.why and changed.why != self._told:
            self._told = changed.why
            self.error(changed.why)
            if changed.refused and changed.phase is LinkState.RECONNECTING:
                self.notice("/name NAME comes in under another name; until then yours is tried again")
        if changed.phase is LinkState.NAMELESS:
            self.notice("which name do you want? type it, and press Enter")

    # -- what is typed ---------------------------------------------------------------------------------

    def entered(self, text: str) -> None:
        """A line from the keyboard. An empty one shows what is newest."""
        if text.strip():
            self._do(self._obey, text)
        else:
            self.scrollback.to_end()

    def say(self, text: str) -> None:
        """A line that is a message, whatever it begins with and whatever is asked for."""
        self._do(self._say, text)

    def _do(self, act: Callable[[str], bool | None], text: str) -> None:
        """What comes of it is to be seen: at the end, or where `act` has gone, which then returns True."""
        seen: bool | None = False
        try:
            seen = act(text.encode(errors="replace").decode())
        except ChatError as error:
            self.error(error.text)
        if not seen:
            self.scrollback.to_end()

    def _obey(self, text: str) -> bool | None:
        local = commands.parse(text)
        if local is not None:
            return _LOCAL[local[0]](self, local[1])
        if self.phase is LinkState.NAMELESS and not text.startswith("/"):
            self._name(text.strip())
        else:
            self._request(TEXT.parse(text.encode()))
        return None

    def _say(self, text: str) -> None:
        self._request(Say(text=clean_message(text)))

    def _request(self, request: Request | None) -> None:
        match request:
            case Say() | Direct():
                self._post(replace(request, ref=str(next(self._refs))))
            case Quit():
                self.leave(request)
            case Request() if self.phase is LinkState.ONLINE:
                self._wire.ask(request)
            case Request():
                self.error("there is no link to the server at the moment")

    def _post(self, message: Message) -> None:
        line = self._composer.own(message)
        self._own[str(message.ref)] = line
        self.scrollback.append(line)
        self._wire.post(message)

    def leave(self, farewell: Quit | None = None) -> None:
        """Say good-bye."""
        self.leaving, self.cut_off = True, self.cut_off or self.phase is not LinkState.ONLINE
        if self._own and self.phase is LinkState.ONLINE:
            self.notice(f"leaving when {len(self._own)} of your lines were answered; Ctrl-C leaves at once")
            self.scrollback.to_end()
        self._wire.leave(farewell or Quit())

    def _name(self, name: str) -> None:
        self._wire.rename(check_name(name))

    def _resend(self, _: str) -> None:
        if not any(line.state is DeliveryState.UNCERTAIN for line in self._own.values()):
            return self.notice("no line of yours is marked ?")
        return self._wire.resend()

    def _ignore(self, name: str) -> None:
        self._ignored.add(fold(name))
        self.notice(f"what {name} says is not shown any more; /unignore {name} shows it again")

    def _unignore(self, name: str) -> None:
        if fold(name) not in self._ignored:
            return self.error(f"{name} is not ignored")
        self._ignored.discard(fold(name))
        return self.notice(f"what {name} says is shown again")

    def _search(self, text: str) -> bool:
        found = self.scrollback.search(text, self._size()[0])
        if not found:
            self.error(f"{text} was not found")
        return found

    def _help(self) -> None:
        for line in commands.help_lines():
            self.notice(line)

    # -- what is shown ---------------------------------------------------------------------------------

    def names(self) -> list[str]:
        """For Tab: all others, whoever spoke last first."""
        return [name for name in self._roster.names() if fold(name) != fold(self._composer.name)]

    def status(self, columns: int) -> str:
        """The status line."""
        link = (LinkState.OFFLINE if self.phase is LinkState.NAMELESS else self.phase).value
        if self.phase is LinkState.RECONNECTING:
            link += f" in {max(0, math.ceil(self._due - self._clock()))} s"
        unread = f"{self.scrollback.unread} new below" if self.scrollback.unread else ""
        past = "" if unread or not self.scrollback.scrolled else "scrolled up"
        parts = (
            Part(1, shown(self._server)),
            Part(3, self._composer.name),
            Part(0, LOBBY),
            Part(2, f"{self._roster.count} here" if self.phase is LinkState.ONLINE else ""),
            Part(5, link),
            Part(4, unread or past),
        )
        return fit(parts, columns)


_HEARD: Final[dict[type, Callable[[Controller, Any], None]]] = {
    Said: Controller._message,
    DirectMessage: Controller._message,
    Welcome: Controller._welcome,
    UserList: Controller._users,
    Joined: Controller._joined,
    Left: Controller._gone,
    Lost: Controller._gone,
    DeliveryChanged: Controller._moved,
    LinkChanged: Controller._changed,
    Bye: lambda desk, event: None,  # the change that follows says why
}

_LOCAL: Final[dict[str, Callable[[Controller, str], bool | None]]] = {
    "/clear": lambda desk, _: desk.scrollback.clear(),
    "/ignore": Controller._ignore,
    "/unignore": Controller._unignore,
    "/search": Controller._search,
    "/reconnect": lambda desk, _: desk._wire.reconnect(),
    "/resend": Controller._resend,
    "/name": Controller._name,
    "/help": lambda desk, _: desk._help(),
}
