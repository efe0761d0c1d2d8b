"""What the user types: messages to the room or person of the window, commands of the screen and the server's.

Each line is about the window in which it was typed. What a command answers, and what is wrong with it, is
said there. What is done with a command of the screen is in the table _LOCAL_COMMANDS at the end.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from chatd.protocol.dialects import TEXT
from chatd.protocol.errors import ChatError, Code
from chatd.protocol.moderation_requests import InRoom
from chatd.protocol.names import check_name, check_room
from chatd.protocol.people_requests import Devices, Register, Rename, Unregister
from chatd.protocol.requests import (
    HERE,
    LOBBY,
    Direct,
    History,
    Join,
    Leave,
    Quit,
    Referred,
    Request,
    Say,
    Topic,
    Users,
)
from chatd.protocol.sanitize import clean_message
from chatd_client.login import UNREGISTER, with_device
from chatd_client.my_rooms import MyRooms
from chatd_client.outgoing import Message
from chatd_client.reconnecting_link import RENAME
from chatd_client.screen import commands
from chatd_client.screen.answers import Answers
from chatd_client.screen.arrivals import Arrivals
from chatd_client.screen.covering import DEVICES, Covering
from chatd_client.screen.link_control import LinkControl
from chatd_client.screen.link_status import LinkStatus
from chatd_client.screen.own_messages import OwnMessages
from chatd_client.screen.paste import message_of, said_here
from chatd_client.screen.subject import Subject
from chatd_client.screen.typed_search import search_of
from chatd_client.screen.typed_secrets import is_way_out
from chatd_client.screen.windows import Windows
from chatd_client.updates import LinkState

_SAY_HERE: Final = Say(text="", room=HERE)
_NO_LINK: Final = "there is no link to the server at the moment"


class TypedLines:
    """`leave` is called to do that; `columns` gives the width of the message area."""

    def __init__(
        self,
        windows: Windows,
        rooms: MyRooms,
        messages: OwnMessages,
        arrivals: Arrivals,
        answers: Answers,
        link: LinkControl,
        status: LinkStatus,
        covering: Covering,
        leave: Callable[[Quit], None],
        columns: Callable[[], int],
    ) -> None:
        self._windows, self._rooms, self._messages, self._arrivals = windows, rooms, messages, arrivals
        self._link, self._status, self._covering, self._leave = link, status, covering, leave
        self._answers, self._columns = answers, columns

    def submit(self, text: str) -> None:
        """Handle a typed line. An empty one scrolls to the end."""
        if text.strip():
            self._run(self._execute, text)
        else:
            self._windows.current.scrollback.to_end()

    def send_pasted(self, lines: list[str], template: Message = _SAY_HERE) -> None:
        """Send lines as messages like the template, even those that begin with `/`, or while a name is being
        asked for.
        """
        for line in lines:
            self._run(partial(self._say, template), line)

    @property
    def here(self) -> Message:
        """A message to the room or person of the window, without its text."""
        subject = self._windows.current.subject
        if subject.whom:
            return Direct(to=subject.whom, text="")
        return Say(text="", room=subject.room)

    def _run(self, act: Callable[[str], bool | None], text: str) -> None:
        """Call `act`, and scroll to the end so that its result is visible, unless `act` has scrolled to the
        result itself and returns True.
        """
        scrolled: bool | None = False
        try:
            scrolled = act(text.encode(errors="replace").decode())
        except ChatError as error:
            self._windows.current.error(error.text)
        if not scrolled:
            self._windows.current.scrollback.to_end()

    def _execute(self, text: str) -> bool | None:
        if self._status.secret and not is_way_out(text):
            self._unlock(text)
            return None
        text = commands.bare(text)
        local = commands.parse(text)
        if local is not None:
            return _LOCAL_COMMANDS[local[0]](self, local[1])
        if self._status.state is LinkState.NAMELESS and not text.startswith("/"):
            self.rename(text.strip())
        elif "\n" in (text := text.rstrip("\n")):
            self._messages.post(message_of(text, self.here))
        else:
            self._request(TEXT.parse(text.encode()))
        return None

    def _unlock(self, password: str) -> None:
        """What is typed before the answer may be meant as a password, and is not said to anyone."""
        if self._status.state is not LinkState.LOCKED:
            raise ChatError(Code.USAGE, "the password is being checked; please wait")
        self._link.give_password(password)

    def _say(self, template: Message, text: str) -> None:
        message = said_here(replace(template, text=clean_message(text)), self.here)
        self._messages.post(message, pasted=True)

    # -- requests ---------------------------------------------------------------------------------------

    def _request(self, request: Request | None) -> None:
        match request:
            case None:
                pass
            case Say() | Direct():
                self._messages.post(said_here(request, self.here))
            case Quit():
                self._leave(request)
            case Leave():
                self._leave_room(request)
            case Join():
                self._join(request)
            case Unregister():
                self._unregister(request)
            case Rename() if self._status.state is LinkState.NAMELESS:
                self.rename(request.nick)
            case Devices():
                self._ask(replace(request, ref=DEVICES))
            case Register():
                self._ask(with_device(request))
            case _:
                self._ask(self._about_here(request))

    def _ask(self, request: Request) -> None:
        if self._status.state is not LinkState.ONLINE:
            raise ChatError(Code.UNAVAILABLE, _NO_LINK)
        self._link.ask(self._answers.to(request) if isinstance(request, Referred) else request)

    def _unregister(self, request: Unregister) -> None:
        self._covering.ask_whether(
            "really give up your account? its rooms and what was kept for you go with it",
            lambda: self._run(lambda _: self._ask(replace(request, ref=UNREGISTER)), ""),
        )

    def _about_here(self, request: Request) -> Request:
        """The request, with the room or person of the window where it does not name one."""
        subject = self._windows.current.subject
        named: Any = request
        if getattr(request, "room", None) != HERE:
            return self._rooms.named(named)  # type: ignore[no-any-return]
        match request:
            case History() if subject.whom:
                return replace(named, room=None, whom=subject.whom)  # type: ignore[no-any-return]
            case Topic() if subject.whom:
                raise ChatError(Code.USAGE, "a topic is that of a room; this is the window of a person")
            case InRoom() if subject.whom:
                raise ChatError(Code.USAGE, "that is done in a room; this is the window of a person")
            case Users() if subject.whom:
                return replace(named, room=LOBBY)  # type: ignore[no-any-return]
        return self._rooms.named(replace(named, room=subject.room))  # type: ignore[no-any-return]

    def _join(self, request: Join) -> None:
        """Ask for it, and go there: what is typed before the answer comes is for that room already."""
        room = check_room(request.room)
        window = self._windows.of_room(room)
        if self._status.state is not LinkState.ONLINE:
            raise ChatError(Code.UNAVAILABLE, _NO_LINK)
        if window is None:
            window = self._windows.want(Subject(room=room))
            window.joining = True
        self._ask(self._rooms.named(replace(request, room=room)))
        self._windows.go(window)

    def _leave_room(self, request: Leave) -> None:
        """Ask for it, and go back: the window is closed when the answer comes."""
        subject = self._windows.current.subject
        if request.room == HERE and not subject.room:
            raise ChatError(Code.USAGE, "this is no room; /close closes the window")
        room = subject.room if request.room == HERE else check_room(request.room)
        window = self._windows.of_room(room)
        if window is not None and room not in self._rooms and not window.joining:
            return self._windows.close(window)  # it is only a window any more
        self._ask(self._rooms.named(replace(request, room=room)))
        if window is self._windows.current and room != LOBBY:
            self._windows.go_back()
        return None

    # -- commands of the screen -------------------------------------------------------------------------

    def _query(self, name: str) -> None:
        self._windows.go(self._windows.want(Subject(whom=check_name(name))))

    def _close(self, _: str) -> None:
        window = self._windows.current
        if window is self._windows.lobby:
            raise ChatError(Code.USAGE, "the lobby stays open; /quit leaves the server")
        if window.subject.room:
            self._leave_room(Leave(room=window.subject.room))
        else:
            self._windows.close(window)

    def _go(self, which: str) -> None:
        window = self._windows.named(which)
        if window is None and which.isdecimal():
            window = self._windows.number(int(which[:9]))
        if window is None:
            raise ChatError(
                Code.USAGE, f"there is no window {which[:40]}; /query NAME and /join ROOM open one"
            )
        self._windows.go(window)

    def _look_for(self, typed: str) -> None:
        request = search_of(typed)
        if self._status.state is not LinkState.ONLINE:
            raise ChatError(Code.UNAVAILABLE, _NO_LINK)
        self._covering.search(request)

    def _clear(self, _: str) -> None:
        self._windows.current.clear()

    def _ignore(self, name: str) -> None:
        self._arrivals.ignore(name)
        self._notice(f"what {name} says is not shown any more; /unignore {name} shows it again")

    def _unignore(self, name: str) -> None:
        if not self._arrivals.unignore(name):
            raise ChatError(Code.USAGE, f"{name} is not ignored")
        self._notice(f"what {name} says is shown again")

    def _find(self, text: str) -> bool:
        found = self._windows.current.scrollback.search(text, self._columns())
        if not found:
            self._windows.current.error(f"{text} was not found")
        return found

    def rename(self, name: str) -> None:
        """Come in under another name."""
        name = check_name(name)
        self._answers.expect(RENAME + name)
        self._link.rename(name)

    def _help(self, _: str) -> None:
        for line in commands.help_lines():
            self._notice(line)

    def _notice(self, text: str) -> None:
        self._windows.current.notice(text)


_LOCAL_COMMANDS: Final[dict[str, Callable[[TypedLines, str], bool | None]]] = {
    "/query": TypedLines._query,
    "/close": TypedLines._close,
    "/window": TypedLines._go,
    "/clear": TypedLines._clear,
    "/ignore": TypedLines._ignore,
    "/unignore": TypedLines._unignore,
    "/search": TypedLines._look_for,
    "/find": TypedLines._find,
    "/reconnect": lambda lines, _: lines._link.reconnect(),
    "/name": TypedLines.rename,
    "/help": TypedLines._help,
}
